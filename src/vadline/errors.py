"""The one exception that a user's own mistake ends in."""


class VadlineError(Exception):
    """A mistake that the user can mend.

    The message is one readable line that names the file or the parameter and the remedy. The
    command line prints it without a traceback.
    """

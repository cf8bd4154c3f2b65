const FIRST_CARDS = 6;

function foldCards() {
  for (const group of document.querySelectorAll(".cards")) {
    const rest = [...group.children].slice(FIRST_CARDS);
    if (!rest.length) continue;
    const button = make("button", "more-cards", `Show all ${group.children.length}`);
    button.type = "button";
    rest.forEach((card) => (card.hidden = true));
    button.addEventListener("click", () => {
      rest.forEach((card) => (card.hidden = false));
      button.remove();
    });
    group.after(button);
  }
}

startReview();
foldCards();
startThreshold();
startTable();

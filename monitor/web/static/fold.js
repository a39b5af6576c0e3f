// On a small screen the cases come first: what is folded there is open everywhere else, and where there is no script.
if (matchMedia("(max-width: 48rem)").matches) {
  for (const part of document.querySelectorAll("details.folded")) part.open = false;
}

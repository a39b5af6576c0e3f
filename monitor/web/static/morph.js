// Make one element read like another while its nodes stay the same ones, so that the focus, a selection and what is
// typed stay where they are. Children are told apart by data-key or id, else by their place. Returns what is new.

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id : "");

export function morph(old, fresh, added = []) {
  attributes(old, fresh);
  if (isTyped(old)) return added;
  const keys = new Set([...fresh.children].map(keyOf).filter(Boolean));
  for (const child of [...old.children]) if (keyOf(child) && !keys.has(keyOf(child))) child.remove();
  const known = new Map([...old.children].map((child) => [keyOf(child), child]));
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = keyOf(wanted);
    let found = key ? known.get(key) : place;
    if (!found || found.nodeName !== wanted.nodeName || (!key && keyOf(found))) {
      old.insertBefore(wanted, place);
      if (wanted.dataset && wanted.dataset.key) added.push(wanted);
      continue;
    }
    if (found === place) place = place.nextSibling;
    else old.insertBefore(found, place);
    if (found.nodeType === Node.ELEMENT_NODE) morph(found, wanted, added);
    else if (found.nodeValue !== wanted.nodeValue) found.nodeValue = wanted.nodeValue;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
  return added;
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    // Whether it is open is the reader's to say.
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function isTyped(element) {
  if (element.matches("select")) return element === document.activeElement;
  return element.matches("textarea") && (element === document.activeElement || element.value !== element.defaultValue);
}

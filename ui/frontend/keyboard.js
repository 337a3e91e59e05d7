/* Presses the page's own buttons when a key is pressed; see ui/keyboard.py for the rules. */
const EDITABLE = "input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit]), "
  + "textarea, select, [contenteditable=''], [contenteditable=true]";
const CONTROL = "a[href], button, summary, input:not([type=range]), [role=button], [role=checkbox], [role=radio], [role=switch], "
  + "[role=tab], [role=option], [role=combobox], [role=menuitem]";
const DIALOG = "[role=dialog], [role=alertdialog], [role=listbox], [role=menu]";

let buttons = {};
let byPointer = true; // how the focus got where it is: after a mouse click, space belongs to the page
let swallowKeyUp = false;

const closest = (event, selector) =>
  event.composedPath().find((node) => node instanceof Element && node.matches(selector)) ?? null;

const buttonOf = (key) => document.querySelector(`.st-key-${CSS.escape(key)} button`);

function target(event) {
  const key = buttons[event.code === "Space" ? "space" : event.key.toLowerCase()];
  const button = key ? buttonOf(key) : null;
  return button?.disabled ? null : button;
}

function belongsElsewhere(event) {
  if (event.defaultPrevented || event.repeat || event.isComposing) return true;
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (closest(event, EDITABLE) || document.querySelector(DIALOG)) return true;
  return event.code === "Space" && !byPointer && closest(event, CONTROL) !== null;
}

function onKeyDown(event) {
  if (event.key === "Tab" || event.key.startsWith("Arrow")) byPointer = false;
  const button = target(event);
  if (!button || belongsElsewhere(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  swallowKeyUp = event.code === "Space";
  button.click();
}

function onKeyUp(event) {
  if (!swallowKeyUp || event.code !== "Space") return;
  swallowKeyUp = false;
  event.preventDefault();
  event.stopImmediatePropagation();
}

const onPointerDown = () => (byPointer = true);

export default function ({ data }) {
  buttons = data ? JSON.parse(data.buttons) : {};
  for (const [name, key] of Object.entries(buttons)) buttonOf(key)?.setAttribute("aria-keyshortcuts", name);
  window.addEventListener("keydown", onKeyDown, true);
  window.addEventListener("keyup", onKeyUp, true);
  window.addEventListener("pointerdown", onPointerDown, true);
  return () => {
    buttons = {};
    window.removeEventListener("keydown", onKeyDown, true);
    window.removeEventListener("keyup", onKeyUp, true);
    window.removeEventListener("pointerdown", onPointerDown, true);
  };
}

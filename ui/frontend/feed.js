/* What a panel that draws itself anew has for its slots: markup and charts that stand anywhere on the page. */
const asked = new WeakMap();
const ASK_AGAIN_MS = 3000;

export default function ({ parentElement, data, setTriggerValue }) {
  if (!data) return;
  let complete = true;
  for (const [name, update] of Object.entries(data.slots)) {
    const take = slots.get(name);
    if (take) complete = take(update) && complete;
  }
  if (complete || performance.now() - (asked.get(parentElement) ?? -Infinity) < ASK_AGAIN_MS) return;
  asked.set(parentElement, performance.now());
  setTriggerValue("whole", true);
}

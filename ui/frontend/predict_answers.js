/* What each task says: the run's answer in the task's colour, the single-task network's as an outline beside it. */
const percent = (value, locale) => value.toLocaleString(locale, { style: "percent", maximumFractionDigits: value > 0.1 && value < 0.9 ? 0 : 1 });
const rounded = (value, locale) => value.toLocaleString(locale, { maximumSignificantDigits: 4 });

function card(parent, task) {
  const box = element("article", `task ${task.kind}`, parent);
  box.style.setProperty("--task", task.colour);
  const head = element("header", "", box);
  element("b", "", head, { textContent: task.name, title: task.name });
  if (task.note) element("p", "note", box, { textContent: task.note });
  return { box, head };
}

function regressionCard(parent, task, words) {
  const { box, head } = card(parent, task);
  const said = element("span", "said", head);
  const scale = element("div", "scale", box);
  const marks = Object.fromEntries(["truth", "alone", "run"].map((who) => [who, element("i", who, scale, { hidden: true })]));
  const [low, high] = task.range ?? [0, 1];
  const ends = element("div", "ends", box);
  element("span", "", ends, { textContent: rounded(low, words.locale) });
  element("span", "", ends, { textContent: rounded(high, words.locale) });
  return (answers, truth) => {
    const values = { run: answers[0]?.value, alone: answers[1]?.value, truth };
    for (const [who, value] of Object.entries(values)) {
      marks[who].hidden = value === undefined;
      if (value === undefined) continue;
      const share = high > low ? (value - low) / (high - low) : 0.5;
      marks[who].style.left = `${100 * Math.min(1, Math.max(0, share))}%`;
      marks[who].classList.toggle("beyond", share < 0 || share > 1);
    }
    said.replaceChildren();
    spoken(said, values, (value) => `${rounded(value, words.locale)}${task.unit ? ` ${task.unit}` : ""}`, words);
  };
}

/* The three numbers in words: this run's large, the others' small. */
function spoken(parent, values, text, words) {
  if (values.run !== undefined) element("strong", "", parent, { textContent: text(values.run) });
  if (values.alone !== undefined) element("span", "alone", parent, { textContent: words.alone_says.replace("{value}", text(values.alone)) });
  if (values.truth !== undefined) element("span", "truth", parent, { textContent: words.truly.replace("{value}", text(values.truth)) });
}

function classCard(parent, task, words) {
  const { box, head } = card(parent, task);
  const said = element("span", "said", head);
  const list = element("div", "classes", box);
  const rows = task.classes.map((name) => {
    const row = element("div", "class", list);
    element("span", "label", row, { textContent: name, title: name });
    const bars = element("span", "bars", row);
    return { row, run: element("i", "run", bars), alone: element("i", "alone", bars), share: element("span", "share", row) };
  });
  const shares = (answer) => (!answer ? null : answer.probabilities ?? [1 - answer.probability, answer.probability]);
  return (answers, truth) => {
    const [own, alone] = [shares(answers[0]), shares(answers[1])];
    if (!own) return;
    const best = own.indexOf(Math.max(...own));
    const other = alone ? alone.indexOf(Math.max(...alone)) : undefined;
    rows.forEach(({ row, run, alone: outline, share }, i) => {
      run.style.width = `${100 * own[i]}%`;
      outline.hidden = !alone;
      if (alone) outline.style.left = `${100 * alone[i]}%`;
      share.textContent = percent(own[i], words.locale);
      row.classList.toggle("best", i === best);
      row.classList.toggle("true", i === truth);
      row.title = alone ? `${percent(own[i], words.locale)} · ${words.alone_says.replace("{value}", percent(alone[i], words.locale))}` : "";
    });
    said.replaceChildren();
    spoken(said, { run: best, alone: other, truth: truth === undefined ? undefined : truth }, (at) => task.classes[at], words);
  };
}

function pictures(parent, task, words, draw) {
  const { box, head } = card(parent, task);
  const said = element("span", "said", head);
  const strip = element("div", "strip", box);
  const frames = Object.fromEntries(["run", "alone", "truth"].map((who) => {
    const figure = element("figure", who, strip, { hidden: true });
    const canvas = element("canvas", "", figure);
    element("figcaption", "", figure, { textContent: words[`picture_${who}`] });
    return [who, { figure, canvas }];
  }));
  return (answers, truth, input) => {
    const given = { run: answers[0], alone: answers[1], truth };
    for (const [who, { figure, canvas }] of Object.entries(frames)) {
      figure.hidden = !given[who];
      if (given[who]) draw(canvas, given[who], input);
    }
    said.textContent = answers[0] ? "" : words.nothing_made;
  };
}

function maskCard(parent, task, words, about) {
  const colours = task.colours.map(rgb);
  const show = pictures(parent, task, words, (canvas, mask, input) => paintMask(canvas, { packed: input.image, channels: about.channels }, mask, about.side, colours));
  return (answers, truth, input) => show(answers.map((answer) => answer?.mask), truth, input);
}

function madeCard(parent, task, words) {
  const show = pictures(parent, task, words, (canvas, made) => paint(canvas, made.picture, made.channels, made.side));
  return (answers) => show(answers, undefined);
}

/* A card for each task; gives what brings them up to date. */
function answerCards(parent, data) {
  const image = data.inputs.image;
  const kinds = { regression: regressionCard, binary: classCard, multiclass: classCard, generation: madeCard };
  const shows = data.tasks.map((task) => [task.name, task.kind === "segmentation" ? maskCard(parent, task, data.words, image) : kinds[task.kind](parent, task, data.words)]);
  return (answers) => {
    for (const [name, show] of shows) show(answers.map((one) => one.tasks[name]), answers[0].truth[name], answers[0].input);
  };
}

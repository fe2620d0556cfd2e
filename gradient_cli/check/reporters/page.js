"use strict";
const tests = [...document.querySelectorAll("details.test")];
const form = document.querySelector("form");
const shown = document.querySelector("#shown");
const texts = new Map(tests.map((test) => [test, test.textContent.toLowerCase()]));
const boxes = [...form.querySelectorAll("input[type=checkbox]")];

function apply() {
  const words = form.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  let count = 0;
  for (const test of tests) {
    const text = texts.get(test);
    const fits = kinds.has(test.dataset.verdict) && words.every((word) => text.includes(word));
    test.hidden = !fits;
    count += fits;
  }
  shown.textContent = `${count} of ${tests.length} shown`;
}

function read() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.has("search")) {
    form.search.value = wanted.get("search");
  }
  if (wanted.has("verdict")) {
    const kinds = wanted.get("verdict").split(",");
    boxes.forEach((box) => { box.checked = kinds.includes(box.value); });
  }
  const test = tests.find((one) => one.id === location.hash.slice(1));
  if (test) {
    test.open = true;
  }
  apply();
}

function keep() {
  const state = new URLSearchParams();
  if (form.search.value) {
    state.set("search", form.search.value);
  }
  if (boxes.some((box) => !box.checked)) {
    state.set("verdict", boxes.filter((box) => box.checked).map((box) => box.value).join(","));
  }
  history.replaceState(null, "", `#${state}`);
}

form.addEventListener("input", () => { apply(); keep(); });
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("click", (event) => {
  if (event.target.name === "fold") {
    const open = event.target.value === "open";
    tests.filter((test) => !test.hidden).forEach((test) => { test.open = open; });
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && event.target !== form.search) {
    event.preventDefault();
    form.search.focus();
  }
});
addEventListener("hashchange", read);
form.hidden = false;
read();

// Models side by side: the answers are copied from where they stand, when a cell is opened.
const MOST_CASES = 200;
const side = document.querySelector("#side");

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text || "";
  if (kind) {
    made.className = kind;
  }
  return made;
}

function columns(title, parts) {
  const row = document.createDocumentFragment();
  if (title) {
    row.append(element("h2", title));
  }
  const grid = element("div", "", "side");
  for (const [model, kind, source] of parts) {
    const column = element("div");
    column.append(element("h3", model, kind));
    column.append(source ? source.cloneNode(true) : element("p", "not asked", "dim"));
    grid.append(column);
  }
  row.append(grid);
  return row;
}

function kindOf(one) {
  return [...one.classList].find((name) => !["test", "case", "more"].includes(name));
}

function cases(asked) {
  const found = new Map();
  asked.forEach(([, test], place) => {
    for (const one of test.querySelectorAll("details.case")) {
      const name = one.dataset.case;
      if (!found.has(name)) {
        found.set(name, new Array(asked.length).fill(null));
      }
      found.get(name)[place] = one;
    }
  });
  const differs = (row) => new Set(row.map((one) => one && kindOf(one))).size > 1;
  return [...found].sort(([, one], [, other]) => differs(other) - differs(one));
}

function compare(link) {
  const models = [...link.closest("table").querySelectorAll("thead th")].slice(1);
  const cells = [...link.closest("tr").querySelectorAll("td")];
  const asked = cells
    .map((cell, place) => [models[place].textContent, cell.querySelector("a")])
    .filter(([, target]) => target)
    .map(([model, target]) => [model, document.getElementById(target.hash.slice(1))]);
  const bar = element("div", "", "bar");
  const close = element("button", "close");
  close.type = "button";
  close.addEventListener("click", () => { side.hidden = true; link.focus(); });
  bar.append(element("h2", link.closest("tr").querySelector("th").textContent), close);
  side.replaceChildren(bar);
  const rows = cases(asked);
  for (const [name, row] of rows.slice(0, MOST_CASES)) {
    side.append(columns(name, asked.map(([model], place) => [
      model, row[place] ? kindOf(row[place]) : "", row[place] && row[place].querySelector(".said"),
    ])));
  }
  if (rows.length > MOST_CASES) {
    side.append(element("p", `and ${rows.length - MOST_CASES} more cases`, "dim"));
  }
  if (!rows.length) {
    side.append(columns("", asked.map(([model, test]) => [
      model, kindOf(test), test.querySelector(".said"),
    ])));
  }
  side.hidden = false;
  side.scrollTop = 0;
  close.focus();
}

if (side) {
  side.closest("section").addEventListener("click", (event) => {
    const link = event.target.closest("td a");
    if (link) {
      event.preventDefault();
      history.replaceState(null, "", `#side=${link.hash.slice(1)}`);
      compare(link);
    }
  });
  const wanted = new URLSearchParams(location.hash.slice(1)).get("side");
  const cells = [...side.closest("section").querySelectorAll("td a")];
  const cell = cells.find((link) => link.hash === `#${wanted}`);
  if (cell) {
    compare(cell);
  }
}

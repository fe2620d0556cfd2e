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

(function () {
  "use strict";
  var d = document, en = d.getElementById("en"), vi = d.getElementById("vi");
  var changed = [];  // what must be said anew in the other language
  function say() { return en.checked ? "en" : "vi"; }
  function speak() {
    d.documentElement.lang = say();
    d.querySelectorAll("option[data-vi]").forEach(function (option) { option.textContent = option.dataset[say()]; });
    changed.forEach(function (redo) { redo(); });
  }
  function keep() {
    try { localStorage.setItem("ntmd-language", say()); } catch (e) { /* some browsers give a page from a file no storage */ }
    speak();
  }
  try {
    var was = localStorage.getItem("ntmd-language");
    if (was === "en" || was === "vi") d.getElementById(was).checked = true;
  } catch (e) { /* as above */ }
  en.addEventListener("change", keep);
  vi.addEventListener("change", keep);

  var old = d.getElementById("old");
  function age() { old.hidden = Date.now() - Date.parse(old.dataset.at) < 2 * 3600 * 1000; }
  if (old) {
    age();
    setInterval(age, 60000);
  }

  var sections = d.querySelectorAll("section.mx"), find = d.getElementById("find");
  if (find && sections.length) matrix();
  speak();

  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[\u0111\u0110]/g, "d").toLowerCase();
  }
  function words(node) {
    var part = node.querySelector("[lang=" + say() + "]");
    return (part || node).textContent;
  }

  function matrix() {
    var text = d.getElementById("q"), column = d.getElementById("c"), state = d.getElementById("f"), n = d.getElementById("n");
    var timer = 0, first = d.querySelectorAll("#units section.mx");
    function filter() {
      var want = plain(text.value.trim()), cls = state.value, at = +column.value, shown = 0, all = 0;
      first.forEach(function (section) {
        var here = 0;
        section.querySelectorAll("tbody tr").forEach(function (row) {
          var cells = row.cells;
          if (row.plain === undefined) row.plain = plain(cells[0].textContent);
          row.hidden = !!(want && row.plain.indexOf(want) < 0) || !!(cls && !cells[at].classList.contains(cls));
          all++;
          if (!row.hidden) here++;
        });
        section.hidden = here === 0;
        shown += here;
      });
      n.textContent = (say() === "en" ? "shown: " : "đang hiện: ") + shown + " / " + all;
    }
    text.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(filter, 120); });
    column.addEventListener("change", filter);
    state.addEventListener("change", filter);
    find.addEventListener("submit", function (event) { event.preventDefault(); });
    find.hidden = false;
    changed.push(filter);

    sections.forEach(function (section) {
      var heads = section.querySelectorAll("thead tr:last-child th");
      section.dataset.go = "";
      section.addEventListener("mouseover", function (event) {
        var cell = event.target.closest("td");
        if (!cell) return;
        var head = heads[cell.cellIndex - 3], row = cell.parentNode.cells, lines = [row[0].textContent];
        var key = d.querySelector("#key ." + (cell.classList[cell.classList.length - 1] || "none"));
        if (head) lines.push(head.title.split("\n")[say() === "en" ? 1 : 0]);
        if (key) lines.push(words(key) + (head && cell.textContent ? " " + words(cell) : ""));
        cell.title = lines.join("\n");
      });
      section.addEventListener("click", function (event) {
        var cell = event.target.closest("td");
        if (!cell || String(getSelection())) return;
        var head = heads[cell.cellIndex - 3], link = cell.parentNode.querySelector("th a").getAttribute("href");
        location.href = link + (head && head.dataset.id ? "#" + head.dataset.id : "");
      });
    });
  }
})();

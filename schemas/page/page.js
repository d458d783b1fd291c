(function () {
  "use strict";
  var d = document, en = d.getElementById("en"), vi = d.getElementById("vi");
  function say() { return en.checked ? "en" : "vi"; }
  function keep() {
    d.documentElement.lang = say();
    try { localStorage.setItem("ntmd-language", say()); } catch (e) { /* a page from a file has no storage in some browsers */ }
  }
  try {
    var was = localStorage.getItem("ntmd-language");
    if (was === "en" || was === "vi") d.getElementById(was).checked = true;
  } catch (e) { /* as above */ }
  en.addEventListener("change", keep);
  vi.addEventListener("change", keep);
  d.documentElement.lang = say();

  var old = d.getElementById("old");
  function age() { if (old) old.hidden = Date.now() - Date.parse(old.dataset.at) < 2 * 3600 * 1000; }
  age();
  setInterval(age, 60000);

  var sections = d.querySelectorAll("section.mx"), find = d.getElementById("find");
  if (!find || !sections.length) return;
  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[\u0111\u0110]/g, "d").toLowerCase();
  }
  var text = d.getElementById("q"), state = d.getElementById("f"), timer = 0;
  function filter() {
    var want = plain(text.value.trim()), cls = state.value;
    sections.forEach(function (section) {
      var shown = 0;
      section.querySelectorAll("tbody tr").forEach(function (row) {
        var cells = row.cells;
        if (row.plain === undefined) row.plain = plain(cells[0].textContent);
        var hide = (want && row.plain.indexOf(want) < 0) || (cls && !cells[1].classList.contains(cls));
        row.hidden = !!hide;
        if (!hide) shown++;
      });
      section.hidden = shown === 0;
    });
  }
  text.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(filter, 120); });
  state.addEventListener("change", filter);
  find.hidden = false;
  if (text.value || state.value) filter();

  function words(node) {
    var part = node.querySelector("[lang=" + say() + "]");
    return (part || node).textContent;
  }
  sections.forEach(function (section) {
    section.dataset.go = "";
    var heads = section.querySelectorAll("thead tr:last-child th");
    section.addEventListener("mouseover", function (event) {
      var cell = event.target.closest("td");
      if (!cell || cell.cellIndex < 3) return;
      var head = heads[cell.cellIndex - 3], sign = getComputedStyle(cell, "::before").content.replace(/"/g, "");
      var key = d.querySelector("#key ." + cell.classList[0]);
      cell.title = cell.parentNode.cells[0].textContent + "\n" + head.title.split("\n")[say() === "en" ? 1 : 0] + "\n" + sign + " " +
        (key ? words(key) : "") + " " + cell.textContent;
    });
    section.addEventListener("click", function (event) {
      var cell = event.target.closest("td");
      if (!cell || String(getSelection())) return;
      var link = cell.parentNode.querySelector("th a"), head = cell.cellIndex < 3 ? null : heads[cell.cellIndex - 3];
      location.href = link.getAttribute("href") + (head && head.dataset.id ? "#" + head.dataset.id : "");
    });
  });
})();

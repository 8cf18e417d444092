
"use strict";
(() => {
  const $ = (query, from = document) => from.querySelector(query);
  const $$ = (query, from = document) => [...from.querySelectorAll(query)];
  // A page opened from a file may have no storage.
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch {} };
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };

  const root = document.documentElement;
  const theme = recall("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  $("#theme").hidden = false;
  $("#theme").onclick = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remember("theme", root.dataset.theme);
  };

  // Code: tabs, one choice for the whole page.
  const blocks = $$(".code").map((block, number) => {
    const panels = $$("section", block);
    const bar = document.createElement("div");
    bar.className = "bar";
    bar.setAttribute("role", "tablist");
    const tabs = panels.map((panel, i) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.textContent = panel.dataset.tab;
      tab.setAttribute("role", "tab");
      tab.id = `tab-${number}-${i}`;
      panel.id = `panel-${number}-${i}`;
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      tab.onclick = () => { choose(panel.dataset.tab); remember("tab", panel.dataset.tab); };
      tab.onkeydown = (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step) { const next = tabs[(i + step + tabs.length) % tabs.length]; next.focus(); next.click(); }
      };
      bar.append(tab);
      return tab;
    });
    const copy = document.createElement("button");
    copy.type = "button";
    copy.className = "copy";
    copy.textContent = "Copy";
    copy.onclick = async () => {
      const shown = panels.find((panel) => !panel.hidden);
      const text = $("code", shown).textContent;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        getSelection().selectAllChildren($("code", shown));
        document.execCommand("copy");
      }
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy"; }, 1200);
    };
    bar.append(copy);
    block.prepend(bar);
    block.classList.add("tabbed");
    return { panels, tabs };
  });
  function choose(name) {
    for (const { panels, tabs } of blocks) {
      const at = Math.max(0, panels.findIndex((panel) => panel.dataset.tab === name));
      panels.forEach((panel, i) => { panel.hidden = i !== at; });
      tabs.forEach((tab, i) => { tab.setAttribute("aria-selected", i === at); tab.tabIndex = i === at ? 0 : -1; });
    }
  }
  choose(recall("tab") || "Rust");

  // Search and filter.
  const items = $$(".item").map((element) => {
    const section = element.closest(".op");
    const around = section ? $(".name", section).textContent + " " + $("h3", section.closest(".category")).textContent : "";
    return { element, text: (element.textContent + " " + around).toLowerCase(), statuses: element.dataset.status.split(" ") };
  });
  const sections = $$(".op").map((element) => ({ element, open: element.open, rows: $$(".item", element) }));
  const boxes = $$("#tools [type=checkbox]");
  const query = $("#query");
  function filter() {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = boxes.filter((box) => box.checked).map((box) => box.value);
    const active = words.length > 0 || wanted.length > 0;
    let clauses = 0;
    for (const { element, text, statuses } of items) {
      const fits = words.every((word) => text.includes(word)) && (!wanted.length || statuses.some((s) => wanted.includes(s)));
      element.hidden = !fits;
      if (fits && element.closest(".matrix")) clauses += 1;
    }
    let opened = 0;
    for (const { element, open, rows } of sections) {
      const any = rows.some((row) => !row.hidden);
      element.hidden = !any;
      element.open = active ? any && opened++ < 40 : open;
    }
    for (const category of $$(".category")) category.hidden = $$(".op", category).every((op) => op.hidden);
    $("#found").textContent = active ? `${clauses} rows of clauses` : "";
  }
  let timer;
  query.oninput = () => { clearTimeout(timer); timer = setTimeout(filter, 80); };
  boxes.forEach((box) => { box.onchange = filter; });
  $("#tools").onsubmit = (event) => event.preventDefault();
  $("#tools").hidden = false;
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); query.focus(); }
    if (event.key === "Escape" && document.activeElement === query) { query.value = ""; filter(); }
  });
  filter();

  // A link to a counterexample opens it.
  const target = () => { const card = location.hash && document.getElementById(location.hash.slice(1)); if (card && card.matches("details")) card.open = true; };
  addEventListener("hashchange", target);
  target();

  // Sorting of the table of errors; the third click gives back the order of the specification.
  const table = $("#accuracy");
  if (table) {
    const body = $("tbody", table), order = $$("tr", body);
    $$("thead th", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      button.onclick = () => {
        const numbers = head.dataset.sort === "number", first = numbers ? "descending" : "ascending", second = numbers ? "ascending" : "descending";
        const old = head.getAttribute("aria-sort");
        const now = !old ? first : old === first ? second : null;
        $$("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
        if (now) head.setAttribute("aria-sort", now);
        const sign = now === "descending" ? -1 : 1;
        const rows = now ? [...order].sort((a, b) => sign * (numbers ? value(a) - value(b) : value(a).localeCompare(value(b)))) : order;
        body.append(...rows);
      };
    });
  }
})();

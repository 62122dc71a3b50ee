// What is too wide for its box can be reached and scrolled with the keyboard; what is not is no stop on the way.
function reachable() {
  for (const box of document.querySelectorAll("pre, .formula, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
for (const moment of ["load", "resize", "toggle"]) addEventListener(moment, reachable, true);

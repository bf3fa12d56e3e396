// Convenience only: the page reads without it. Opens what a link points into, and everything before printing.
(function () {
  function reveal() {
    var id = decodeURIComponent(location.hash.slice(1));
    var end = id && document.getElementById(id);
    for (var at = end; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (end) end.scrollIntoView();
  }
  var shut = [];
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", function () {
    shut = [].slice.call(document.querySelectorAll("details.near:not([open])"));
    shut.forEach(function (d) { d.open = true; });
  });
  addEventListener("afterprint", function () { shut.forEach(function (d) { d.open = false; }); });
  reveal();
})();

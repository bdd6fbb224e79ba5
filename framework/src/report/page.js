document.querySelectorAll("table.sortable").forEach((table) => {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      // The first click sorts names from A to Z and numbers from the highest; a second click reverses the order.
      const [first, second] = head.className === "label" ? ["ascending", "descending"] : ["descending", "ascending"];
      const sort = head.getAttribute("aria-sort") === first ? second : first;
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sort);
      const number = (row) => row.cells[column].dataset.sort;
      const words = (row) => row.cells[column].textContent;
      const sign = sort === "ascending" ? 1 : -1;
      const order = (one, other) => {
        const [a, b] = [number(one), number(other)];
        if (a !== undefined && b !== undefined) return sign * (a - b);
        // Rows without a number stay at the bottom in either order.
        if (a !== b) return a === undefined ? 1 : -1;
        return sign * words(one).localeCompare(words(other));
      };
      [...body.rows].sort(order).forEach((row) => body.append(row));
    });
  });
});
const markWide = () =>
  document.querySelectorAll(".scroll").forEach((box) => box.toggleAttribute("data-wide", box.scrollWidth > box.clientWidth + 1));
addEventListener("resize", markWide);
markWide();

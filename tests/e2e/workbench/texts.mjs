/** Functions that run in the page: what a reader sees and a screen reader says. */

/** The names of rows, as a screen reader says them; empty for rows that are not wholly in sight. */
export function names(rows) {
  return rows.map((row) => {
    // A row that was replaced meanwhile is in no list.
    const list = row.closest(".monaco-list")?.getBoundingClientRect();
    if (list === undefined) return "";
    const { bottom, top } = row.getBoundingClientRect();
    return top < list.top - 1 || bottom > list.bottom + 1 ? "" : row.getAttribute("aria-label");
  });
}

/** The line of source below each lens; none for one out of sight. */
export function linesBelow(lenses) {
  const lines = [...document.querySelectorAll(".monaco-editor .view-line")].map((line) => ({
    top: line.getBoundingClientRect().top,
    // The editor sets no-break spaces.
    text: line.textContent.replaceAll("\u00a0", " "),
  }));
  lines.sort((a, b) => a.top - b.top);
  return lenses.map((lens) => {
    const { bottom, height } = lens.getBoundingClientRect();
    return height > 0 ? lines.find(({ top }) => top >= bottom - 4)?.text : undefined;
  });
}

/** The name of the thread whose frame is selected in the Call Stack, or that is itself. */
export function threadOfSelection(rows) {
  const sorted = rows.toSorted((a, b) => Number(a.dataset.index) - Number(b.dataset.index));
  const selected = sorted.findIndex((row) => row.classList.contains("selected"));
  const names = sorted.slice(0, selected + 1).map((row) => row.getAttribute("aria-label"));
  return names.findLast((name) => name.startsWith("Thread ")) ?? "";
}

/** The text of the menu item that has the focus, behind the shadow root that menus have; else empty. */
export function focusedItem() {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.matches(".action-menu-item") ? element.textContent.trim() : "";
}

/** Whether the right half of a timeline, below its ruler, has more colours than lines between rows. */
export function hasBars(canvas) {
  const [left, top] = [Math.round(canvas.width / 2), Math.round(canvas.height / 5)];
  const { data } = canvas.getContext("2d").getImageData(left, top, left, canvas.height - top);
  const colors = new Set();
  for (let at = 0; at < data.length; at += 4) {
    colors.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
  }
  return colors.size > 3;
}

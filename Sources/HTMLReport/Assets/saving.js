/** A figure of the page as a file of its own: SVG where it is drawn in SVG, otherwise PNG. Nothing is requested for it. */
class SavedFigure {
  /** Adds a button to each figure that has a picture. */
  static addButtons(root) {
    for (const figure of root.querySelectorAll("figure")) {
      if (SavedFigure.pictures(figure).length === 0) continue;
      const kind = figure.querySelector("canvas") ? "PNG" : "SVG";
      const save = button(kind, () => new SavedFigure(figure).save());
      save.className = "save";
      save.title = `Save this picture as ${kind}`;
      figure.append(save);
    }
  }

  /** The drawings of a figure, without the bars in tables. */
  static pictures(figure) {
    return [...figure.querySelectorAll("svg, canvas")].filter((part) => !part.closest("table"));
  }

  constructor(figure) {
    this.figure = figure;
    this.isDrawn = figure.querySelector("canvas") !== null;
    // Of tabs one is shown.
    this.pictures = SavedFigure.pictures(figure).map((part) => ({ part, box: part.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0);
    this.texts = SavedFigure.texts(figure);
    this.keys = [...figure.querySelectorAll(".key")].map((key) => ({
      color: getComputedStyle(key).backgroundColor, box: key.getBoundingClientRect(),
    }));
    const boxes = [...this.pictures, ...this.texts, ...this.keys].map(({ box }) => box);
    const margin = SavedFigure.margin;
    this.left = Math.min(...boxes.map((box) => box.left)) - margin;
    this.top = Math.min(...boxes.map((box) => box.top)) - margin;
    this.width = Math.ceil(Math.max(...boxes.map((box) => box.right)) + margin - this.left);
    this.height = Math.ceil(Math.max(...boxes.map((box) => box.bottom)) + margin - this.top);
  }

  /** The title, the legend, and what is chosen of a list. */
  static texts(figure) {
    const texts = [];
    const walker = document.createTreeWalker(figure, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { parentElement: parent, textContent: text } = walker.currentNode;
      if (parent.closest("svg, canvas, button, label, table, .hosts, noscript, figcaption, .controls")) continue;
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      const box = range.getBoundingClientRect();
      if (text.trim() !== "" && box.width > 0) texts.push({ text, box, style: getComputedStyle(parent) });
    }
    for (const label of figure.querySelectorAll(".controls label")) {
      const chosen = label.querySelector("select").selectedOptions[0].textContent;
      const box = label.getBoundingClientRect();
      texts.push({ text: `${label.firstChild.textContent}${chosen}`, box, style: getComputedStyle(label) });
    }
    return texts;
  }

  /** `study-ladder.svg` */
  get fileName() {
    const study = this.figure.closest("article")?.querySelector(".name").textContent ?? "studies";
    const name = study.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+/, "").slice(0, 60);
    return `${name || "study"}-${this.figure.dataset.figure}.${this.isDrawn ? "png" : "svg"}`;
  }

  async save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(this.isDrawn ? await this.png() : this.svg());
    link.download = this.fileName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  // SVG

  svg() {
    const root = this.element("svg", {
      width: this.width, height: this.height, viewBox: `0 0 ${this.width} ${this.height}`,
    });
    root.append(this.element("rect", { width: this.width, height: this.height, fill: theme.paper }));
    for (const { color, box } of this.keys) {
      root.append(this.element("rect", { ...this.place(box), rx: 3, fill: color }));
    }
    for (const { text, box, style } of this.texts) {
      const element = this.element("text", {
        x: box.left - this.left, y: this.baseline(box), fill: style.color, "font-family": style.fontFamily,
        "font-size": style.fontSize, "font-weight": style.fontWeight,
      });
      element.textContent = text;
      root.append(element);
    }
    for (const { part, box } of this.pictures) {
      const copy = SavedFigure.styled(part);
      for (const [name, value] of Object.entries({ ...this.place(box), overflow: "visible" })) copy.setAttribute(name, value);
      root.append(copy);
    }
    return new Blob([new XMLSerializer().serializeToString(root), "\n"], { type: "image/svg+xml" });
  }

  /** In the namespace that the page's pictures have. */
  element(name, attributes) {
    const element = document.createElementNS(this.pictures[0].part.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  /** A copy that has in its attributes what the style sheet says: not every program that reads SVG knows variables. */
  static styled(picture) {
    const copy = picture.cloneNode(true);
    const [from, to] = [picture, copy].map((each) => [each, ...each.querySelectorAll("*")]);
    from.forEach((element, index) => {
      const style = getComputedStyle(element);
      for (const property of SavedFigure.properties) to[index].setAttribute(property, style.getPropertyValue(property));
      to[index].removeAttribute("class");
    });
    return copy;
  }

  // PNG

  png() {
    const canvas = document.createElement("canvas");
    const scale = window.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [Math.round(this.width * scale), Math.round(this.height * scale)];
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.fillStyle = theme.paper;
    context.fillRect(0, 0, this.width, this.height);
    for (const { text, box, style } of this.texts) {
      context.fillStyle = style.color;
      context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      context.fillText(text, box.left - this.left, this.baseline(box));
    }
    for (const { part, box } of this.pictures) {
      const { x, y, width, height } = this.place(box);
      context.drawImage(part, x, y, width, height);
    }
    return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  }

  // Places

  place(box) {
    return { x: box.left - this.left, y: box.top - this.top, width: box.width, height: box.height };
  }

  /** Of a line of text, about. */
  baseline(box) {
    return box.bottom - this.top - 0.24 * box.height;
  }
}

SavedFigure.margin = 16;
SavedFigure.properties = [
  "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linejoin", "font-family",
  "font-size", "font-weight",
];

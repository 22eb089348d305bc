/** The page's colours, as the style sheet has them in this theme. */
const theme = {
  read() {
    const style = getComputedStyle(document.documentElement);
    const value = (name) => style.getPropertyValue(name).trim();
    this.ramp = Array.from({ length: 10 }, (_, step) => value(`--r${step}`));
    for (const name of ["ink", "muted", "faint", "line", "paper", "accent", "bad"]) this[name] = value(`--${name}`);
    this.font = `12px ${value("--sans")}`;
  },

  /** The colour for a share of the ramp. */
  rampAt(share) {
    return this.ramp[Math.min(9, Math.max(0, Math.round(share * 9)))];
  },

  level(level, count) {
    return this.rampAt(count > 1 ? level / (count - 1) : 1);
  },
};

/** A canvas that fills its place, sharp on every screen, and is drawn again when its size changes. */
class Surface {
  /**
   * @param {Element} place
   * @param {(surface: Surface) => void} draw
   */
  constructor(place, height, draw) {
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    place.append(this.canvas);
    this.place = place;
    this.height = height;
    this.draw = draw;
    this.width = 0;
  }

  /** Draws for the first time, and from now on whenever the size changes. */
  begin() {
    new ResizeObserver(() => this.fit()).observe(this.place);
    this.fit();
  }

  fit() {
    const width = Math.floor(this.place.clientWidth);
    if (width === 0 || width === this.width) return;
    this.width = width;
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(this.height * scale);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${this.height}px`;
    this.context = this.canvas.getContext("2d");
    this.context.scale(scale, scale);
    this.redraw();
  }

  redraw() {
    if (this.width > 0) this.draw(this);
  }

  clear() {
    this.context.clearRect(0, 0, this.width, this.height);
    this.context.globalAlpha = 1;
    this.context.font = theme.font;
  }

  text(text, x, y, { align = "left", color = theme.muted } = {}) {
    this.context.fillStyle = color;
    this.context.textAlign = align;
    this.context.fillText(text, x, y);
  }

  line(x1, y1, x2, y2, color = theme.line, width = 1) {
    this.context.strokeStyle = color;
    this.context.lineWidth = width;
    this.context.beginPath();
    this.context.moveTo(x1, y1);
    this.context.lineTo(x2, y2);
    this.context.stroke();
  }

  /** The text, shortened until it is no wider. */
  fitted(text, width) {
    if (this.context.measureText(text).width <= width) return text;
    let end = text.length;
    while (end > 1 && this.context.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
    return `${text.slice(0, end)}…`;
  }

  /** Where a pointer is, in the surface's pixels. */
  pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

/** Some of the ticks, evenly: no more than so many. */
function thinned(ticks, most) {
  const stride = Math.ceil(ticks.length / most);
  return ticks.filter((_, index) => index % stride === 0);
}

/** A list to choose one of. */
function chooser(label, options, chosen, onChange) {
  const wrapper = document.createElement("label");
  wrapper.append(`${label} `);
  const select = document.createElement("select");
  for (const [value, text] of options) {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = text;
    option.selected = String(value) === String(chosen);
    select.append(option);
  }
  select.addEventListener("change", () => onChange(Number(select.value)));
  wrapper.append(select);
  return wrapper;
}

function button(text, onClick) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = text;
  element.addEventListener("click", onClick);
  return element;
}

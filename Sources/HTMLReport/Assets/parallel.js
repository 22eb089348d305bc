/** Parallel coordinates: a line a trial, over its hyperparameters to the rung that it reached and its result. */
class ParallelPicture {
  constructor(place, controls, study, selection) {
    this.study = study;
    this.selection = selection;
    this.level = -1;
    this.axes = ParallelPicture.axes(study);
    this.choose(-1);
    const levels = study.levels.map((level, index) => [index, `${level.longName}, n = ${level.count}`]);
    controls.append(chooser("result at", [[-1, "the furthest rung of each"], ...levels], -1, (level) => {
      const was = this.level;
      this.choose(level);
      if (selection.ranges.delete(`l${was}`)) selection.update();
      else this.draw();
    }));
    selection.addStatus(controls);
    this.surface = new Surface(place, ParallelPicture.height, () => this.draw());
    this.surface.canvas.setAttribute("aria-label", "Parallel coordinates of all trials");
    this.listen();
    this.surface.begin();
    selection.onChange(() => this.draw());
  }

  /** The hyperparameters, those that decide most next to the result; then rung and result. */
  static axes(study) {
    const shown = study.parameters.map((parameter, index) => ({ parameter, index }))
      .sort((a, b) => a.parameter.rank - b.parameter.rank).slice(0, ParallelPicture.mostAxes).reverse();
    return shown.map(({ parameter, index }) => ({
      column: `p${index}`, name: parameter.name, ticks: parameter.ticks, values: parameter.values.length,
    }));
  }

  /** Takes the results of a level, and orders the trials: the better, the later, so that they lie on top. */
  choose(level) {
    const { study } = this;
    this.level = level;
    const losses = study.losses(level);
    const rows = [];
    for (let row = 0; row < study.count; row += 1) if (!Number.isNaN(losses[row])) rows.push(row);
    const worth = (row) => (Number.isFinite(losses[row]) ? (study.lowIsBest ? -losses[row] : losses[row]) : -Infinity);
    const reached = (row) => (level < 0 ? study.columns.level[row] : 0);
    rows.sort((a, b) => reached(a) - reached(b) || worth(a) - worth(b) || a - b);
    this.rows = ParallelPicture.some(rows);
    const last = study.levels.length - 1;
    const rungs = study.levels.map((each, index) => [index / Math.max(1, last), each.name]);
    this.shown = [
      ...this.axes,
      ...(level < 0 && last > 0 ? [{ column: "level", name: "rung", ticks: thinned(rungs, 10) }] : []),
      { column: `l${level}`, name: study.metric, ticks: study.axisOf(level).ticks, isResult: true },
    ].map((axis) => ({ ...axis, position: this.selection.positions(axis.column) }));
    const byRung = level < 0 && this.rows.length > 0
      && study.columns.level[this.rows[0]] !== study.columns.level[this.rows[this.rows.length - 1]];
    this.share = (index) => (byRung
      ? (study.columns.level[this.rows[index]] - 1) / Math.max(1, last) : index / Math.max(1, this.rows.length - 1));
  }

  /** Of very many trials the best and, evenly, others: more lines show no more. */
  static some(rows) {
    const most = ParallelPicture.mostLines;
    if (rows.length <= most) return rows;
    const [best, rest] = [rows.slice(-most / 2), rows.slice(0, -most / 2)];
    const others = Array.from({ length: most / 2 }, (_, index) => rest[Math.floor((index * rest.length) / (most / 2))]);
    return [...others, ...best];
  }

  x(axis) {
    const [left, right] = [64, 84];
    return this.shown.length > 1 ? left + (axis * (this.surface.width - left - right)) / (this.shown.length - 1) : left;
  }

  y(position) {
    return ParallelPicture.bottom - position * (ParallelPicture.bottom - ParallelPicture.top);
  }

  /** Where a row's line crosses an axis; below it where it has no value. */
  height(row, axis) {
    const place = axis.column === "level"
      ? axis.position(row) / Math.max(1, this.study.levels.length - 1) : axis.position(row);
    if (Number.isNaN(place)) return ParallelPicture.bottom + 16;
    // Values side by side are spread a little, so that lines don't hide each other.
    const spread = axis.values ? ((((row * 0.618034) % 1) - 0.5) * 0.55) / axis.values : 0;
    return this.y(place + spread);
  }

  draw() {
    const { surface, selection } = this;
    if (surface.width === 0) return;
    surface.clear();
    this.shown.forEach((_, index) => this.drawAxis(this.x(index)));
    const chosen = [];
    const others = [];
    this.rows.forEach((row, index) => (selection.mask[row] ? chosen : others).push(index));
    this.drawn = chosen.length;
    this.generation = (this.generation || 0) + 1;
    this.drawSome([...(selection.isActive ? others : []), ...chosen], others.length, 0, this.generation);
  }

  /** Some lines at a time, so that the page stays alive. */
  drawSome(order, faint, start, generation) {
    if (generation !== this.generation) return;
    const { context } = this.surface;
    const dense = Math.min(1, 75 / Math.max(1, this.drawn) ** 0.88);
    const end = Math.min(order.length, start + 2500);
    context.lineJoin = "round";
    for (let index = start; index < end; index += 1) {
      const isFaint = this.selection.isActive && index < faint;
      const share = this.share(order[index]);
      context.strokeStyle = isFaint ? theme.faint : theme.rampAt(share);
      context.globalAlpha = isFaint ? 0.08 : Math.min(0.95, dense * (0.3 + 1.2 * share * share));
      context.lineWidth = 1.2;
      this.trace(this.rows[order[index]]);
    }
    context.globalAlpha = 1;
    if (end < order.length) requestAnimationFrame(() => this.drawSome(order, faint, end, generation));
    else this.finish();
  }

  trace(row) {
    const { context } = this.surface;
    context.beginPath();
    this.shown.forEach((axis, index) => {
      if (index === 0) context.moveTo(this.x(0), this.height(row, axis));
      else context.lineTo(this.x(index), this.height(row, axis));
    });
    context.stroke();
  }

  /** What lies on top of the lines: ranges, labels, the one trial that is pointed out. */
  finish() {
    const { context } = this.surface;
    this.shown.forEach((axis, index) => this.drawLabels(axis, this.x(index)));
    const row = this.study.rowOfTrial.get(this.hovered ?? this.selection.trial);
    if (row === undefined) return;
    context.strokeStyle = theme.ink;
    context.lineWidth = 2.5;
    this.trace(row);
  }

  drawAxis(x) {
    this.surface.line(x, this.y(0), x, this.y(1), theme.faint);
  }

  drawLabels(axis, x) {
    const { surface } = this;
    const { context } = surface;
    const isLast = axis.isResult;
    const room = isLast ? 78 : Math.max(40, (this.x(1) - this.x(0)) - 14);
    const range = this.selection.ranges.get(axis.column);
    if (range) {
      const scale = axis.column === "level" ? Math.max(1, this.study.levels.length - 1) : 1;
      context.fillStyle = theme.accent;
      context.globalAlpha = 0.25;
      const [top, bottom] = [this.y(Math.min(1, range[1] / scale)), this.y(Math.max(0, range[0] / scale))];
      context.fillRect(x - 7, top, 14, Math.max(2, bottom - top));
      context.globalAlpha = 1;
    }
    for (const [position, label] of axis.ticks) {
      surface.line(x - 4, this.y(position), x, this.y(position), theme.faint);
      const text = surface.fitted(label, room);
      context.lineWidth = 3;
      context.strokeStyle = theme.paper;
      context.textAlign = isLast ? "left" : "right";
      context.strokeText(text, isLast ? x + 8 : x - 7, this.y(position) + 4);
      surface.text(text, isLast ? x + 8 : x - 7, this.y(position) + 4, { align: isLast ? "left" : "right" });
    }
    surface.text(surface.fitted(axis.name, room + 20), x, 14, { align: isLast ? "right" : "center", color: theme.ink });
  }

  // What the pointer does

  axisAt(x) {
    const index = this.shown.findIndex((_, number) => Math.abs(this.x(number) - x) < 12);
    return index < 0 ? null : this.shown[index];
  }

  listen() {
    const { canvas } = this.surface;
    let drag = null;
    const position = (y) => (ParallelPicture.bottom - y) / (ParallelPicture.bottom - ParallelPicture.top);
    canvas.addEventListener("pointerdown", (event) => {
      const { x, y } = this.surface.pointOf(event);
      const axis = this.axisAt(x);
      if (!axis) return;
      drag = { axis, start: y };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const { x, y } = this.surface.pointOf(event);
      if (!drag) {
        canvas.style.cursor = this.axisAt(x) ? "ns-resize" : "default";
        this.hover(event, x, y);
        return;
      }
      if (Math.abs(y - drag.start) < 3) return;
      tip.hide();
      const scale = drag.axis.column === "level" ? Math.max(1, this.study.levels.length - 1) : 1;
      const ends = [position(drag.start) * scale, position(y) * scale];
      this.selection.set(drag.axis.column, ends);
      drag.moved = true;
    });
    canvas.addEventListener("pointerup", () => {
      if (drag && !drag.moved) this.selection.set(drag.axis.column, null);
      drag = null;
    });
    canvas.addEventListener("pointerleave", () => {
      tip.hide();
      if (this.hovered !== undefined) {
        this.hovered = undefined;
        this.draw();
      }
    });
  }

  /** The chosen trial whose line is nearest to a place. */
  nearest(x, y) {
    const right = this.shown.findIndex((_, index) => this.x(index) >= x);
    if (right <= 0) return null;
    const [a, b] = [this.x(right - 1), this.x(right)];
    const share = (x - a) / (b - a);
    let best = null;
    let distance = 5;
    for (const row of this.rows) {
      if (!this.selection.mask[row]) continue;
      const from = this.height(row, this.shown[right - 1]);
      const off = Math.abs(from + share * (this.height(row, this.shown[right]) - from) - y);
      if (off <= distance) [best, distance] = [row, off];
    }
    return best;
  }

  hover(event, x, y) {
    const row = this.nearest(x, y);
    const trial = row === null ? undefined : this.study.columns.trial[row];
    if (row === null) tip.hide();
    else tip.show(event, this.study.description(row));
    if (trial === this.hovered) return;
    this.hovered = trial;
    // Only where it is quickly drawn again.
    if (this.rows.length <= 3000) this.draw();
  }
}

ParallelPicture.height = 400;
ParallelPicture.top = 34;
ParallelPicture.bottom = 362;
ParallelPicture.mostAxes = 14;
ParallelPicture.mostLines = 10000;

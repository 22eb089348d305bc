/** A small picture for each hyperparameter: its values, and the results at one rung. */
class SlicePictures {
  constructor(place, controls, study, selection) {
    this.study = study;
    this.selection = selection;
    this.place = place;
    const counts = study.levels.map((level) => level.count);
    this.level = counts.indexOf(Math.max(...counts));
    const options = study.levels.map((level, index) => [index, `${level.longName}, n = ${level.count}`]);
    controls.append(chooser("results at", options, this.level, (level) => {
      const was = this.level;
      this.level = level;
      if (selection.ranges.delete(`l${was}`)) selection.update();
      else this.draw();
    }));
    selection.addStatus(controls);
    const panels = document.createElement("div");
    panels.className = "panels";
    place.append(panels);
    this.panels = study.parameters.map((parameter, index) => ({ parameter, index }))
      .sort((a, b) => a.parameter.rank - b.parameter.rank).slice(0, SlicePictures.most)
      .map(({ index }) => this.panel(panels, index));
    selection.onChange(() => this.draw());
  }

  panel(panels, parameter) {
    const place = document.createElement("div");
    place.className = "canvas";
    panels.append(place);
    const panel = { parameter };
    panel.surface = new Surface(place, SlicePictures.height, () => this.drawPanel(panel));
    const { name } = this.study.parameters[parameter];
    panel.surface.canvas.setAttribute("aria-label", `${name} and ${this.study.metric}`);
    this.listen(panel);
    panel.surface.begin();
    return panel;
  }

  draw() {
    for (const panel of this.panels) this.drawPanel(panel);
  }

  x(panel, position) {
    return SlicePictures.left + position * (panel.surface.width - SlicePictures.left - 8);
  }

  y(position) {
    return SlicePictures.bottom - position * (SlicePictures.bottom - SlicePictures.top);
  }

  drawPanel(panel) {
    const { surface } = panel;
    if (surface.width === 0) return;
    surface.clear();
    const axis = this.study.axisOf(this.level);
    for (const [position, label] of axis.ticks) {
      surface.line(SlicePictures.left, this.y(position), surface.width - 8, this.y(position));
      surface.text(label, SlicePictures.left - 6, this.y(position) + 4, { align: "right" });
    }
    const parameter = this.study.parameters[panel.parameter];
    const labels = parameter.ticks.map(([, label]) => surface.context.measureText(surface.fitted(label, 60)).width + 10);
    const room = (surface.width - SlicePictures.left) / Math.max(...labels, 1);
    for (const [position, label] of thinned(parameter.ticks, Math.max(2, Math.floor(room)))) {
      const text = surface.fitted(label, 60);
      const half = surface.context.measureText(text).width / 2;
      const x = Math.min(Math.max(this.x(panel, position), half), surface.width - half);
      surface.text(text, x, SlicePictures.bottom + 16, { align: "center" });
    }
    surface.text(surface.fitted(parameter.name, surface.width), SlicePictures.left, 12, { color: theme.ink });
    this.drawPoints(panel, axis);
    this.drawMedians(panel, axis);
    this.drawRange(panel);
  }

  drawPoints(panel, axis) {
    const { study, selection } = this;
    const { context } = panel.surface;
    const places = study.columns[`p${panel.parameter}`];
    const losses = study.losses(this.level);
    const values = study.parameters[panel.parameter].values.length;
    const color = theme.level(this.level, study.levels.length);
    const rows = [];
    for (let row = 0; row < study.count; row += 1) {
      if (!Number.isNaN(losses[row]) && places[row] !== StudyData.absent) rows.push(row);
    }
    const stride = Math.max(1, Math.ceil(rows.length / SlicePictures.mostDots));
    panel.points = [];
    for (let index = 0; index < rows.length; index += stride) {
      const row = rows[index];
      const spread = values ? ((((row * 0.618034) % 1) - 0.5) * 0.6) / values : 0;
      const x = this.x(panel, places[row] / 65534 + spread);
      const y = this.y(Number.isFinite(losses[row]) ? positionOn(axis, losses[row]) : study.lowIsBest ? 1 : 0);
      const isChosen = selection.mask[row] === 1;
      context.fillStyle = isChosen ? color : theme.faint;
      context.globalAlpha = isChosen ? Math.min(0.85, 12 / Math.sqrt(rows.length / stride) + 0.12) : 0.15;
      context.fillRect(x - 1.5, y - 1.5, 3, 3);
      panel.points.push({ x, y, row });
    }
    context.globalAlpha = 1;
    const chosen = study.rowOfTrial.get(selection.trial);
    const point = panel.points.find(({ row }) => row === chosen);
    if (!point) return;
    context.fillStyle = theme.ink;
    context.beginPath();
    context.arc(point.x, point.y, 5, 0, 7);
    context.fill();
  }

  drawMedians(panel, axis) {
    const bins = this.study.slices[this.level][panel.parameter].filter((bin) => bin[3] !== null);
    const { context } = panel.surface;
    const edge = (place) => bins.map((bin) => [this.x(panel, bin[0]), this.y(positionOn(axis, bin[place] ?? axis.high))]);
    const [lows, middles, highs] = [edge(2), edge(3), edge(4)];
    const isList = this.study.parameters[panel.parameter].values.length > 0;
    context.fillStyle = theme.ink;
    context.strokeStyle = theme.ink;
    context.lineWidth = 2;
    if (isList) {
      const half = Math.min(16, (panel.surface.width / Math.max(1, bins.length)) * 0.3);
      lows.forEach(([x, low], index) => {
        const [middle, high] = [middles[index][1], highs[index][1]];
        context.globalAlpha = 0.12;
        context.fillRect(x - half, Math.min(low, high), 2 * half, Math.abs(high - low));
        context.globalAlpha = 1;
        panel.surface.line(x - half, middle, x + half, middle, theme.ink, 2);
      });
      return;
    }
    const path = (points) => {
      context.beginPath();
      points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
    };
    path([...lows, ...highs.reverse()]);
    context.globalAlpha = 0.12;
    context.fill();
    context.globalAlpha = 1;
    path(middles);
    context.stroke();
  }

  drawRange(panel) {
    const range = this.selection.ranges.get(`p${panel.parameter}`);
    const results = this.selection.ranges.get(`l${this.level}`);
    if (!range && !results) return;
    const { context } = panel.surface;
    const [low, high] = range ?? [0, 1];
    const [bottom, top] = results ?? [0, 1];
    context.fillStyle = theme.accent;
    context.globalAlpha = 0.1;
    context.fillRect(
      this.x(panel, low), this.y(top), this.x(panel, high) - this.x(panel, low), this.y(bottom) - this.y(top));
    context.globalAlpha = 1;
  }

  // What the pointer does

  listen(panel) {
    const { canvas } = panel.surface;
    const across = (x) => Math.min(1, Math.max(0, (x - SlicePictures.left) / (panel.surface.width - SlicePictures.left - 8)));
    const up = (y) => Math.min(1, Math.max(0, (SlicePictures.bottom - y) / (SlicePictures.bottom - SlicePictures.top)));
    let start = null;
    let moved = false;
    canvas.addEventListener("pointerdown", (event) => {
      start = panel.surface.pointOf(event);
      moved = false;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const { x, y } = panel.surface.pointOf(event);
      if (!start) {
        this.hover(event, panel, x, y);
        return;
      }
      if (Math.hypot(x - start.x, y - start.y) < 4) return;
      moved = true;
      tip.hide();
      this.selection.ranges.set(`p${panel.parameter}`, [across(start.x), across(x)].sort((a, b) => a - b));
      this.selection.set(`l${this.level}`, [up(start.y), up(y)]);
    });
    canvas.addEventListener("pointerup", () => {
      if (start && !moved) {
        this.selection.ranges.delete(`p${panel.parameter}`);
        this.selection.set(`l${this.level}`, null);
      }
      start = null;
    });
    canvas.addEventListener("pointerleave", () => tip.hide());
  }

  hover(event, panel, x, y) {
    let best = null;
    let distance = 7;
    for (const point of panel.points ?? []) {
      const off = Math.hypot(point.x - x, point.y - y);
      if (off < distance) [best, distance] = [point, off];
    }
    if (best) tip.show(event, this.study.description(best.row));
    else tip.hide();
  }
}

SlicePictures.height = 196;
SlicePictures.left = 46;
SlicePictures.top = 24;
SlicePictures.bottom = 168;
SlicePictures.mostDots = 6000;
SlicePictures.most = 40;

/** What each worker did when. */
class WorkerPicture {
  constructor(place, study) {
    this.study = study;
    this.facts = study.workers;
    this.rows = this.facts.names.length;
    this.left = this.facts.hosts.length > 0 ? 168 : 78;
    this.from = 0;
    this.to = this.facts.end;
    this.rowHeight = Math.min(22, Math.max(3, 420 / this.rows));
    this.surface = new Surface(place, this.rowHeight * this.rows + 36, () => this.draw());
    this.surface.canvas.setAttribute("aria-label", "What each worker did when");
    this.listen();
    this.surface.begin();
  }

  x(time) {
    return this.left + ((time - this.from) / (this.to - this.from)) * (this.surface.width - this.left - 8);
  }

  timeAt(x) {
    const share = (x - this.left) / (this.surface.width - this.left - 8);
    return this.from + Math.min(1, Math.max(0, share)) * (this.to - this.from);
  }

  draw() {
    if (this.surface.width === 0) return;
    this.surface.clear();
    const { context, width } = this.surface;
    context.save();
    context.beginPath();
    context.rect(this.left, 0, width - this.left - 8, this.surface.height);
    context.clip();
    if (this.facts.exact) this.drawJobs();
    else this.drawParts();
    context.restore();
    this.drawAxes();
  }

  drawJobs() {
    const { context } = this.surface;
    const columns = this.study.columns;
    const gap = this.rowHeight > 6 ? 2 : 0.5;
    for (let index = 0; index < columns.wStart.length; index += 1) {
      const [start, end] = [columns.wStart[index], columns.wEnd[index]];
      if (end < this.from || start > this.to) continue;
      const [left, right] = [this.x(start), this.x(end)];
      const y = columns.wRow[index] * this.rowHeight;
      const ending = columns.wEnding[index];
      context.fillStyle = ending === 1 || ending === 2 ? theme.bad : theme.level(columns.wLevel[index], this.study.levels.length);
      const begin = ending === 0 ? Math.min(right, this.x(end - columns.wTraining[index])) : left;
      context.globalAlpha = 0.35;
      context.fillRect(left, y, Math.max(0.6, begin - left), this.rowHeight - gap);
      context.globalAlpha = ending === 3 ? 0.6 : 1;
      // A hair narrower, so that neighbours can be told apart.
      context.fillRect(begin, y, Math.max(0.6, right - begin - (right - begin > 3 ? 0.75 : 0)), this.rowHeight - gap);
    }
    context.globalAlpha = 1;
  }

  drawParts() {
    const { context } = this.surface;
    const { columns, levels } = this.study;
    const { parts, end } = this.facts;
    for (let row = 0; row < this.rows; row += 1) {
      for (let part = 0; part < parts; part += 1) {
        const cell = row * parts + part;
        const left = this.x((part * end) / parts);
        const right = this.x(((part + 1) * end) / parts);
        if (right < this.left || left > this.surface.width) continue;
        const y = row * this.rowHeight;
        if (columns.wBusy[cell] > 0) {
          context.globalAlpha = 0.08 + (0.92 * columns.wBusy[cell]) / 255;
          context.fillStyle = theme.level(columns.wLevel[cell], levels.length);
          context.fillRect(left, y, right - left + 0.5, this.rowHeight - 0.5);
        }
        if (columns.wFailed[cell]) {
          context.globalAlpha = 1;
          context.fillStyle = theme.bad;
          context.fillRect(left, y, Math.max(1.2, (right - left) / 2), this.rowHeight / 2);
        }
      }
    }
    context.globalAlpha = 1;
  }

  drawAxes() {
    const { surface } = this;
    const bottom = this.rowHeight * this.rows + 2;
    surface.line(this.left, bottom, surface.width - 8, bottom, theme.faint);
    for (const time of WorkerPicture.ticks(this.from, this.to)) {
      surface.line(this.x(time), bottom, this.x(time), bottom + 4, theme.faint);
      surface.text(WorkerPicture.label(time, this.to - this.from), this.x(time), bottom + 18, { align: "center" });
    }
    const stride = Math.ceil(16 / this.rowHeight);
    const { labels, hosts } = this.facts;
    for (let row = 0; row < this.rows; row += stride) {
      surface.text(row === 0 ? `worker ${labels[row]}` : labels[row], this.left - 8, this.textY(row), { align: "right" });
    }
    let free = 0;
    for (const [name, first] of hosts) {
      const y = first * this.rowHeight;
      if (first > 0) surface.line(0, y - 0.5, surface.width - 8, y - 0.5, theme.faint);
      // Of hosts with a row or two not all have room for their names.
      if (y < free) continue;
      surface.text(surface.fitted(name, this.left - 78), 0, this.textY(first), { color: theme.ink });
      free = y + 15;
    }
  }

  /** Where text beside a row stands. */
  textY(row) {
    return row * this.rowHeight + Math.min(12, this.rowHeight / 2 + 4);
  }

  /** Round times within a stretch. */
  static ticks(from, to) {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
    const wanted = (to - from) / 7;
    let step = steps.find((each) => each >= wanted);
    if (step === undefined) step = 86400 * Math.ceil(wanted / 86400);
    if (wanted < 0.5) {
      const size = 10 ** Math.floor(Math.log10(wanted));
      step = [1, 2, 5, 10].map((factor) => factor * size).find((each) => each >= wanted);
    }
    const ticks = [];
    for (let index = Math.ceil(from / step); index * step <= to; index += 1) ticks.push(index * step);
    return ticks;
  }

  static label(time, span) {
    if (time === 0) return "0";
    if (span < 60) return `${Number(time.toPrecision(4))} s`;
    return duration(time);
  }

  listen() {
    const { canvas } = this.surface;
    let start = null;
    const show = (from, to) => {
      const least = this.facts.end / 1e5;
      if (to - from < least) return;
      [this.from, this.to] = [Math.max(0, from), Math.min(this.facts.end, to)];
      this.draw();
    };
    canvas.addEventListener("wheel", (event) => {
      // Without a key the page scrolls.
      if (!event.ctrlKey && !event.shiftKey) return;
      event.preventDefault();
      const center = this.timeAt(this.surface.pointOf(event).x);
      const factor = event.deltaY > 0 ? 1.25 : 0.8;
      show(center - (center - this.from) * factor, center + (this.to - center) * factor);
    }, { passive: false });
    canvas.addEventListener("dblclick", () => show(0, this.facts.end));
    canvas.addEventListener("pointerdown", (event) => { start = this.surface.pointOf(event).x; });
    canvas.addEventListener("pointermove", (event) => {
      const { x, y } = this.surface.pointOf(event);
      if (start === null) {
        this.hover(event, x, y);
        return;
      }
      this.draw();
      this.surface.context.globalAlpha = 0.15;
      this.surface.context.fillStyle = theme.accent;
      this.surface.context.fillRect(Math.min(start, x), 0, Math.abs(x - start), this.surface.height);
      this.surface.context.globalAlpha = 1;
    });
    canvas.addEventListener("pointerup", (event) => {
      const { x } = this.surface.pointOf(event);
      if (start !== null && Math.abs(x - start) > 5) show(this.timeAt(Math.min(start, x)), this.timeAt(Math.max(start, x)));
      start = null;
    });
    canvas.addEventListener("pointerleave", () => {
      tip.hide();
      if (start !== null) this.draw();
      start = null;
    });
  }

  hover(event, x, y) {
    const row = Math.floor(y / this.rowHeight);
    const time = this.timeAt(x);
    if (x < this.left || row < 0 || row >= this.rows) return tip.hide();
    const text = this.facts.exact ? this.jobText(row, time) : this.partText(row, time);
    if (text) tip.show(event, text);
    else tip.hide();
    return undefined;
  }

  jobText(row, time) {
    const columns = this.study.columns;
    const slack = (this.to - this.from) / 600;
    let best = -1;
    for (let index = 0; index < columns.wStart.length; index += 1) {
      if (columns.wRow[index] !== row) continue;
      if (columns.wStart[index] - slack <= time && columns.wEnd[index] + slack >= time) best = index;
      if (columns.wStart[index] <= time && columns.wEnd[index] >= time) break;
    }
    if (best < 0) return null;
    const [start, end] = [columns.wStart[best], columns.wEnd[best]];
    const ending = ["result", "failed", "cut off", "still running"][columns.wEnding[best]];
    const level = this.study.levels[columns.wLevel[best]];
    return `${this.facts.names[row]}, trial ${columns.wTrial[best]}\n${level ? `${level.longName}, ` : ""}${ending}\n`
      + `${duration(start)} to ${duration(end)}: ${duration(end - start)}, training ${duration(columns.wTraining[best])}`;
  }

  partText(row, time) {
    const { parts, end } = this.facts;
    const part = Math.min(parts - 1, Math.floor((time / end) * parts));
    const cell = row * parts + part;
    const busy = Math.round((this.study.columns.wBusy[cell] / 255) * 100);
    return `${this.facts.names[row]}\nat ${duration(time)}: ${busy} % busy`
      + (busy > 0 ? `, most with ${this.study.levels[this.study.columns.wLevel[cell]].longName}` : "");
  }
}

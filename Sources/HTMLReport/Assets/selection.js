/** Which trials are chosen, over all pictures of a study: ranges on axes, and one trial that is pointed out. */
class Selection {
  constructor(study) {
    this.study = study;
    /** Ranges by column: of `p3` in positions of 0 to 1, of `l-1`, `l0`, … on the level's axis, of `level` in levels. */
    this.ranges = new Map();
    this.mask = new Uint8Array(study.count).fill(1);
    this.count = study.count;
    this.trial = null;
    this.listeners = [];
  }

  get isActive() {
    return this.ranges.size > 0;
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  /** @param {[number, number] | null} range null takes it away */
  set(column, range) {
    if (range === null) this.ranges.delete(column);
    else this.ranges.set(column, [Math.min(...range), Math.max(...range)]);
    this.update();
  }

  clear() {
    this.ranges.clear();
    this.trial = null;
    this.update();
  }

  point(trial) {
    this.trial = this.trial === trial ? null : trial;
    this.tell();
  }

  update() {
    this.mask.fill(1);
    for (const [column, [low, high]] of this.ranges) {
      const position = this.positions(column);
      for (let row = 0; row < this.mask.length; row += 1) {
        const place = position(row);
        if (!(place >= low && place <= high)) this.mask[row] = 0;
      }
    }
    this.count = this.mask.reduce((sum, bit) => sum + bit, 0);
    this.tell();
  }

  /** Has the pictures drawn again, once a frame however fast the pointer moves. */
  tell() {
    if (this.isTelling) return;
    this.isTelling = true;
    requestAnimationFrame(() => {
      this.isTelling = false;
      this.listeners.forEach((listener) => listener());
    });
  }

  /** Where a row stands in a column; NaN where it has no value. */
  positions(column) {
    const { study } = this;
    if (column === "level") return (row) => study.columns.level[row] - 1;
    if (column.startsWith("p")) {
      const places = study.columns[column];
      return (row) => (places[row] === StudyData.absent ? NaN : places[row] / 65534);
    }
    const level = Number(column.slice(1));
    const [losses, axis, worst] = [study.losses(level), study.axisOf(level), study.lowIsBest ? 1 : 0];
    return (row) => {
      if (Number.isNaN(losses[row])) return NaN;
      return Number.isFinite(losses[row]) ? positionOn(axis, losses[row]) : worst;
    };
  }

  /** Adds a line that says how many are chosen, with a way back. */
  addStatus(controls) {
    const status = document.createElement("span");
    const clear = button("Show all", () => this.clear());
    controls.append(status, clear);
    const show = () => {
      status.textContent = this.isActive ? `${this.count} of ${this.study.count} chosen` : "";
      clear.hidden = !this.isActive;
    };
    this.onChange(show);
    show();
  }
}

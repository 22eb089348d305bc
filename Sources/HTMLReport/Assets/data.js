/** What the page's data islands hold of one study: names and axes as JSON, numbers as columns. */
class StudyData {
  /** @param {Element} article the study's part of the page */
  static async read(article) {
    const island = (name) => article.querySelector(`script[data-island="${name}"]`).textContent;
    const study = new StudyData(JSON.parse(island("data")));
    study.takeColumns(await StudyData.unpacked(island("columns")));
    return study;
  }

  constructor(facts) {
    Object.assign(this, facts);
    this.columns = {};
  }

  /** The bytes of a packed island. */
  static async unpacked(base64) {
    const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(stream).arrayBuffer();
  }

  takeColumns(buffer) {
    const kinds = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f32: Float32Array };
    for (const [name, [kind, offset, count]] of Object.entries(this.layout)) {
      this.columns[name] = new kinds[kind](buffer, offset, count);
    }
    this.count = this.columns.trial.length;
    this.rowOfTrial = new Map();
    this.columns.trial.forEach((trial, row) => this.rowOfTrial.set(trial, row));
    this.tableRowOfTrial = new Map(this.table.map((row, index) => [row[0], index]));
    this.furthest = Float32Array.from(this.columns.level, (level, row) =>
      level === 0 ? NaN : this.columns[`l${level - 1}`][row]);
  }

  /** The metric at a level, of all rows; at level -1 at the furthest of each. NaN: no result; infinite: not a number. */
  losses(level) {
    return level < 0 ? this.furthest : this.columns[`l${level}`];
  }

  axisOf(level) {
    return level < 0 ? this.axis : this.levels[level].axis;
  }

  /** Whether a metric's value is better than another. */
  isBetter(a, b) {
    return this.lowIsBest ? a < b : a > b;
  }

  /** What a row's hyperparameter is, in words; the exact value where the table has it. */
  valueText(row, parameter) {
    const index = this.tableRowOfTrial.get(this.columns.trial[row]);
    if (index !== undefined) {
      const exact = this.table[index][StudyData.firstParameter + parameter];
      return exact === null ? "–" : typeof exact === "number" ? short(exact) : visible(exact);
    }
    const place = this.columns[`p${parameter}`][row];
    if (place === StudyData.absent) return "–";
    const { values, axis, isInteger } = this.parameters[parameter];
    if (values.length > 0) {
      return visible(values[Math.min(values.length - 1, Math.floor((place / 65534) * values.length))]);
    }
    const value = valueAt(axis, place / 65534);
    return isInteger ? String(Math.round(value)) : short(value);
  }

  /** A row in words, for a tip. */
  description(row) {
    const level = this.columns.level[row];
    const loss = this.furthest[row];
    const result = level === 0
      ? ["running", "running", "failed", "invalid"][this.columns.status[row]]
      : `${this.metric} ${Number.isFinite(loss) ? short(loss) : "not a number"} at ${this.levels[level - 1].longName}`;
    const values = this.parameters.map((parameter, index) => `${parameter.name} ${this.valueText(row, index)}`);
    return [`trial ${this.columns.trial[row]}`, result, ...values].join("\n");
  }
}

/** What a column of positions has where a hyperparameter has no value. */
StudyData.absent = 65535;
/** In a row of the table: number, level, resource, metric, seconds, start, status, reason, then the hyperparameters. */
StudyData.firstParameter = 8;

/** Text as it may be shown: what would not be seen, or would turn the writing, by its number. */
function visible(text) {
  return String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u{${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}}`);
}

/** A number with four significant digits. */
function short(number) {
  if (Number.isInteger(number) && Math.abs(number) < 1e6) return String(number);
  const size = Math.abs(number);
  if (size >= 1e6 || size < 1e-3) return number.toExponential(2).replace("e+", "e");
  return String(Number(number.toPrecision(4)));
}

/** A length of time: `0.3 s`, `3:07`, `2:05:09`. */
function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(seconds < 0.1 ? 3 : 1)} s`;
  if (!(seconds >= 60)) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Where a value stands on an axis, from 0 to 1. */
function positionOn(axis, value) {
  if (!(axis.high > axis.low)) return 0.5;
  const share = axis.scale === "log"
    ? (Math.log(Math.max(value, axis.low)) - Math.log(axis.low)) / (Math.log(axis.high) - Math.log(axis.low))
    : (value - axis.low) / (axis.high - axis.low);
  return Math.min(1, Math.max(0, share));
}

/** The value at a position of an axis. */
function valueAt(axis, position) {
  return axis.scale === "log"
    ? Math.exp(Math.log(axis.low) + position * (Math.log(axis.high) - Math.log(axis.low)))
    : axis.low + position * (axis.high - axis.low);
}

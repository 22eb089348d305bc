/** The trials as a table: sorted, filtered, and to be copied. */
class TrialTable {
  constructor(place, controls, study, selection) {
    this.study = study;
    this.selection = selection;
    this.limit = TrialTable.page;
    this.sorted = { column: -1, isDown: false };
    this.words = [];
    this.columns = [
      { name: "trial", value: (row) => row[0], isNumber: true },
      { name: "rung", value: (row) => row[1], text: (row) => (row[1] < 0 ? "–" : study.levels[row[1]].name), level: true },
      { name: study.unit, value: (row) => row[2], isNumber: true },
      { name: study.metric, value: (row) => TrialTable.number(row[3]), isNumber: true },
      ...study.parameters.map((parameter, index) => ({
        name: parameter.name, value: (row) => row[StudyData.firstParameter + index], isNumber: parameter.values.length === 0,
      })),
      { name: "training", value: (row) => row[4], text: (row) => duration(row[4]), isNumber: true },
      { name: "began", value: (row) => row[5], text: (row) => (row[5] === null ? "–" : duration(row[5])), isNumber: true },
      { name: "status", value: (row) => ["trained", "running", "failed", "invalid"][row[6]] },
      { name: "reason", value: (row) => row[7] },
    ].filter((column) => column.name !== "reason" || study.table.some((row) => row[7] !== null));
    this.addControls(controls);
    this.build(place);
    selection.onChange(() => this.show());
    this.show();
  }

  static number(value) {
    return value === "nan" ? Infinity : value;
  }

  addControls(controls) {
    const filter = document.createElement("input");
    filter.type = "search";
    filter.placeholder = "filter: sgd, or learning_rate<0.01";
    filter.setAttribute("aria-label", "Filter trials");
    filter.addEventListener("input", () => {
      this.words = filter.value.trim().split(/\s+/).filter(Boolean).map((word) => this.condition(word));
      this.limit = TrialTable.page;
      this.show();
    });
    this.status = document.createElement("span");
    controls.append(filter, this.status);
  }

  /** What a word of the filter asks: a comparison with a column, or that a cell holds it. */
  condition(word) {
    const match = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(word);
    const column = match && this.columns.find((each) => each.name === match[1]);
    if (!column) {
      return (row) => this.columns.some((each) => this.text(each, row).toLowerCase().includes(word.toLowerCase()));
    }
    const [, , operator, wanted] = match;
    return (row) => {
      const value = column.value(row);
      if (value === null) return false;
      if (operator === "=") return this.text(column, row) === wanted || String(value) === wanted || value === Number(wanted);
      const number = Number(wanted);
      return { "<": value < number, "<=": value <= number, ">": value > number, ">=": value >= number }[operator];
    };
  }

  build(place) {
    const scroll = document.createElement("div");
    scroll.className = "scroll";
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    this.heads = this.columns.map((column, index) => {
      const cell = document.createElement("th");
      if (column.isNumber) cell.className = "number";
      cell.append(button(column.name, () => this.sort(index)));
      head.append(cell);
      return cell;
    });
    head.append(document.createElement("th"));
    this.body = table.createTBody();
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row && event.target.tagName !== "BUTTON") this.selection.point(Number(row.dataset.trial));
    });
    scroll.append(table);
    this.more = button("Show more", () => {
      this.limit += 4 * TrialTable.page;
      this.show();
    });
    this.more.className = "more";
    place.append(scroll, this.more);
  }

  sort(index) {
    this.sorted = { column: index, isDown: this.sorted.column === index && !this.sorted.isDown };
    this.show();
  }

  /** The rows that are asked for, in their order. */
  rows() {
    const { selection, study } = this;
    const rows = study.table.filter((row) => {
      if (selection.isActive && !selection.mask[study.rowOfTrial.get(row[0]) ?? -1]) return false;
      return this.words.every((holds) => holds(row));
    });
    const column = this.columns[this.sorted.column];
    if (!column) return rows;
    const sign = this.sorted.isDown ? -1 : 1;
    return rows.sort((a, b) => {
      const [left, right] = [column.value(a), column.value(b)];
      if (left === null || right === null) return (left === null) - (right === null) || a[0] - b[0];
      const order = typeof left === "number" && typeof right === "number"
        ? left - right || 0 : String(left) < String(right) ? -1 : String(left) > String(right) ? 1 : 0;
      return sign * order || a[0] - b[0];
    });
  }

  show() {
    const rows = this.rows();
    this.body.replaceChildren(...rows.slice(0, this.limit).map((row) => this.row(row)));
    this.heads.forEach((head, index) => {
      if (index === this.sorted.column) head.setAttribute("aria-sort", this.sorted.isDown ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.status.textContent = `${Math.min(rows.length, this.limit)} of ${rows.length} shown`;
    this.more.hidden = rows.length <= this.limit;
  }

  text(column, row) {
    if (column.text) return column.text(row);
    const value = column.value(row);
    if (value === null || value === undefined) return "–";
    return typeof value === "number" ? (Number.isFinite(value) ? short(value) : "not a number") : visible(value);
  }

  row(row) {
    const element = document.createElement("tr");
    element.dataset.trial = row[0];
    if (row[0] === this.selection.trial) element.className = "chosen";
    for (const column of this.columns) {
      const cell = element.insertCell();
      const text = this.text(column, row);
      if (column.level && row[1] >= 0) {
        const swatch = document.createElement("span");
        const count = this.study.levels.length;
        swatch.className = `swatch r${Math.round(count > 1 ? (9 * row[1]) / (count - 1) : 9)}`;
        cell.append(swatch);
      }
      cell.append(text);
      if (column.isNumber) cell.className = "number";
      else if (text.length > 24) {
        cell.className = "long";
        cell.title = text;
      }
    }
    const actions = element.insertCell();
    actions.append(
      button("YAML", (event) => TrialTable.copy(event.target, this.yaml(row))), " ",
      button("Command", (event) => TrialTable.copy(event.target, this.command(row))));
    return element;
  }

  // Copies

  /** The hyperparameters of a row that have values. */
  entries(row) {
    return this.study.parameters.map((parameter, index) => [parameter.name, row[StudyData.firstParameter + index]])
      .filter(([, value]) => value !== null);
  }

  /** A value as YAML has it: text in quotation marks, unless it is plain. */
  static scalar(value) {
    if (typeof value !== "string") return String(value);
    const isPlain = /^[A-Za-z][A-Za-z0-9_]*$/.test(value) && !/^(y|n|yes|no|true|false|on|off|null|nan|inf)$/i.test(value);
    return isPlain ? value : JSON.stringify(value);
  }

  yaml(row) {
    return this.entries(row).map(([name, value]) => `${name}: ${TrialTable.scalar(value)}\n`).join("");
  }

  /** A line for a shell that trains the configuration to the end, as a study of one trial. */
  command(row) {
    const configuration = this.entries(row).map(([name, value]) => `${name}: ${TrialTable.scalar(value)}`).join(", ");
    const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
    const settings = [
      `start_with=[{${configuration}}]`, "budget={configurations: 1}",
      `scheduler={algorithm: random, max_resource: ${this.study.maxResource}}`,
    ];
    return `ash-mpi run study.yaml ${settings.map((setting) => `--set ${quoted(setting)}`).join(" ")}`;
  }

  static async copy(target, text) {
    const label = target.textContent;
    target.dataset.copied = text;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A page from a file may not have the clipboard.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    target.textContent = "Copied";
    setTimeout(() => { target.textContent = label; }, 1200);
  }
}

TrialTable.page = 25;

"""Clicks through reports in a headless browser, and compares what they show with what the journals say.

Arguments: folders with a journal.jsonl and a report.html; or PAGE=FOLDER,FOLDER for a report of several studies.
"""

import json
import math
import pathlib
import sys
import time
import xml.etree.ElementTree

from playwright.sync_api import sync_playwright

BROWSER = "chromium-headless-shell"
STATUS, FIRST = 6, 8


class Journal:
    """What a journal says, by the plainest means."""

    def __init__(self, folder):
        self.trials, self.results, self.failures, self.intervals = {}, [], [], []
        starts = {}
        with open(pathlib.Path(folder) / "journal.jsonl", encoding="utf-8") as lines:
            self.header = json.loads(next(lines))
            for line in lines:
                event = json.loads(line)
                if event["event"] == "dispatch":
                    self.trials.setdefault(event["trial"], event.get("configuration"))
                    starts[event["worker"]] = event["time"]
                elif event["event"] in ("result", "failure"):
                    (self.results if event["event"] == "result" else self.failures).append(event)
                    self.intervals.append((event["worker"], event["trial"], starts[event["worker"]], event["time"]))
        self.sign = -1 if self.header["objective"]["mode"] == "max" else 1
        self.resources = sorted({result["resource"] for result in self.results})

    def value(self, result):
        """The metric's own value; infinite where it is no number."""
        loss = float(result["loss"])
        return self.sign * loss if math.isfinite(loss) else math.inf

    def host(self, worker):
        return self.header["hosts"][worker] if "hosts" in self.header else None

    def name(self, worker):
        """What a worker is called in the chart of all."""
        return f"worker {worker} on {self.host(worker)}" if len(set(self.header.get("hosts", []))) > 1 else f"worker {worker}"

    def at(self, level):
        return [result for result in self.results if result["resource"] == self.resources[level]]

    def best(self):
        return self.sign * min(self.sign * v for v in map(self.value, self.results) if math.isfinite(v))


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def attributes(marks, *names):
    """Those of all marks that a locator finds, a row a mark."""
    return marks.evaluate_all("(marks, names) => marks.map((mark) => names.map((name) => mark.getAttribute(name)))", names)


def near(a, b, tolerance=1e-6):
    return abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))


class Reader:
    """A report that is open."""

    def __init__(self, context, path):
        self.page = context.new_page()
        self.requests, self.messages = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.messages.append("dialog: " + dialog.message), dialog.dismiss()))
        self.address = path.resolve().as_uri()
        self.page.goto(self.address)
        self.page.wait_for_selector("html[data-ready=yes]", timeout=30_000)
        # Pictures of very many trials are drawn over several frames.
        self.page.wait_for_timeout(300)

    def ask(self, expression, argument=None):
        return self.page.evaluate(expression, argument)

    def center(self, locator):
        locator.scroll_into_view_if_needed()
        return locator.bounding_box()

    def tip(self, canvas, x, y):
        """What the page says of a place of a canvas."""
        box = self.center(canvas)
        self.page.mouse.move(box["x"] + x, box["y"] + y)
        tip = self.page.locator("#tip")
        return tip.text_content() if tip.is_visible() else None

    def close(self):
        check(self.requests == [self.address], f"the page asked for {self.requests}")
        check(not self.messages, f"the page said: {self.messages}")
        self.page.close()


def read_study(reader, number, journal):
    """One study of a report, picture by picture."""
    part = reader.page.locator("article.study").nth(number)
    read_figures(reader, part, journal)
    read_tabs(part)
    read_canvases(reader, part)
    read_parallel(reader, part, number, journal)
    read_slices(reader, part, number, journal)
    read_workers(reader, part, number, journal)
    read_table(reader, part, number, journal)
    read_saved(reader, part)


def read_figures(reader, part, journal):
    figure = lambda name: part.locator(f'[data-figure="{name}"]')
    numbers = lambda name, attribute: [
        float(value) for value, in attributes(figure(name).locator(f"[{attribute}]"), attribute)]
    check(near(numbers("incumbent", "data-value")[-1], journal.best()), "the best is another one")
    ladder = {}
    for kind, level, count in attributes(
            figure("ladder").locator("[data-kind]"), "data-kind", "data-level", "data-count"):
        if kind in ("promoted", "stopped"):
            ladder[int(level)] = ladder.get(int(level), 0) + int(count)
    check(ladder == {level: len(journal.at(level)) for level in range(len(journal.resources))}, f"ladder: {ladder}")
    medians = numbers("losses", "data-median")
    for level, median in enumerate(medians):
        values = sorted(v for v in map(journal.value, journal.at(level)) if math.isfinite(v))
        place = 0.5 * (len(values) - 1)
        low = values[int(place)]
        expected = low + (values[math.ceil(place)] - low) * (place - int(place))
        check(near(median, expected), f"median of rung {level}: {median}, not {expected}")
    check(sum(numbers("throughput", "data-count")) == len(journal.results), "results over time")
    check(sum(numbers("failures", "data-count")) == len(journal.failures), "failures")
    check(figure("importance").locator("[data-parameter]").count() > 0, "no importance")
    check(figure("pairs").locator("[data-row]").count() > 0, "no pairs")
    # A mark says what it is.
    dot = figure("losses").locator("[data-trial]").first
    dot.scroll_into_view_if_needed()
    dot.dispatch_event("pointerover")
    tip = reader.page.locator("#tip").text_content()
    check(tip.startswith(f"trial {dot.get_attribute('data-trial')}"), f"tip: {tip}")


def read_tabs(part):
    for tabs in part.locator(".tabs").all():
        labels, panes = tabs.locator("label").all(), tabs.locator(".pane").all()
        for chosen, label in enumerate(labels):
            label.click()
            check([pane.is_visible() for pane in panes] == [index == chosen for index in range(len(panes))], "tabs")


def read_canvases(reader, part):
    """Each canvas has something on it."""
    for canvas in part.locator("canvas").all():
        drawn = canvas.evaluate("""canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let index = 3; index < data.length; index += 4) count += data[index] > 0;
          return count / (data.length / 4);
        }""")
        check(drawn > 0.005, f"{canvas.get_attribute('aria-label')} is nearly empty: {drawn}")


def read_parallel(reader, part, number, journal):
    chooser = part.locator('[data-controls="parallel"] select')
    for option in chooser.locator("option").all():
        chooser.select_option(option.get_attribute("value"))
    chooser.select_option("-1")
    canvas = part.locator('[data-canvas="parallel"] canvas')
    # A range on the axis of the first hyperparameter that is a range of numbers.
    axis = reader.ask("""number => {
      const { parallel, study } = ashReport.studies[number];
      const index = parallel.shown.findIndex((axis) => axis.column.startsWith("p") && axis.values === 0);
      const parameter = study.parameters[Number(parallel.shown[index].column.slice(1))];
      return { x: parallel.x(index), top: parallel.y(0.75), bottom: parallel.y(0.25), name: parameter.name,
               axis: parameter.axis };
    }""", number)
    box = reader.center(canvas)
    mouse = reader.page.mouse
    mouse.move(box["x"] + axis["x"], box["y"] + axis["bottom"])
    mouse.down()
    mouse.move(box["x"] + axis["x"], box["y"] + axis["top"], steps=3)
    mouse.up()
    chosen = reader.ask("number => ({ ranges: [...ashReport.studies[number].selection.ranges], "
                        "count: ashReport.studies[number].selection.count, "
                        "trials: [...ashReport.studies[number].study.columns.trial] })", number)
    check(len(chosen["ranges"]) == 1, f"ranges: {chosen['ranges']}")
    low, high = chosen["ranges"][0][1]
    check(near(low, 0.25, 0.01) and near(high, 0.75, 0.01), f"range {low} to {high}")
    scale = math.log if axis["axis"]["scale"] == "log" else float
    ends = scale(axis["axis"]["low"]), scale(axis["axis"]["high"])
    expected = sum(
        low - 2e-5 <= (scale(journal.trials[trial][axis["name"]]) - ends[0]) / (ends[1] - ends[0]) <= high + 2e-5
        for trial in chosen["trials"] if axis["name"] in journal.trials[trial])
    check(abs(chosen["count"] - expected) <= 1 + len(chosen["trials"]) // 5000, f"{chosen['count']} chosen, not {expected}")
    # The table shows the same choice, and no other: from the next frame on.
    reader.page.wait_for_timeout(100)
    shown = [int(trial) for trial, in attributes(part.locator('[data-canvas="table"] tbody tr'), "data-trial")]
    check(all(axis["name"] in journal.trials[trial] for trial in shown), "the table shows others")
    part.locator('[data-controls="parallel"] button', has_text="Show all").click()
    check(reader.ask("number => ashReport.studies[number].selection.isActive", number) is False, "still chosen")


def read_slices(reader, part, number, journal):
    chooser = part.locator('[data-controls="slices"] select')
    for level in range(len(journal.resources)):
        chooser.select_option(str(level))
        points = reader.ask("number => ashReport.studies[number].slices.panels.map((panel) => panel.points.length)", number)
        check(max(points) <= len(journal.at(level)), f"{points} dots for {len(journal.at(level))} results")
        check(min(points) >= 0 and max(points) > 0, "no dots")
    chooser.select_option("0")
    point = reader.ask("""number => {
      const { slices, study } = ashReport.studies[number];
      const panel = slices.panels[0];
      const { x, y, row } = panel.points[Math.floor(panel.points.length / 2)];
      return { x, y, trial: study.columns.trial[row] };
    }""", number)
    tip = reader.tip(part.locator('[data-canvas="slices"] canvas').first, point["x"], point["y"])
    check(tip is not None and tip.startswith("trial "), f"tip over a dot: {tip}")
    trial = int(tip.split("\n")[0].split()[1])
    for name, value in journal.trials[trial].items():
        if isinstance(value, int) and not isinstance(value, bool):
            check(f"{name} {value}" in tip, f"{name} of trial {trial} is {value}: {tip}")


def read_workers(reader, part, number, journal):
    read_hosts(part, journal)
    canvas = part.locator('[data-canvas="workers"] canvas')
    facts = reader.ask("""number => {
      const { workers, study } = ashReport.studies[number];
      const { columns } = study;
      if (!study.workers.exact) return { exact: false, busy: columns.wBusy.reduce((sum, busy) => sum + busy / 255, 0) };
      const widths = columns.wStart.map((start, index) => columns.wEnd[index] - start);
      const index = widths.indexOf(Math.max(...widths));
      return { exact: true, count: columns.wStart.length, trial: columns.wTrial[index],
        name: study.workers.names[columns.wRow[index]],
        x: (workers.x(columns.wStart[index]) + workers.x(columns.wEnd[index])) / 2,
        y: (columns.wRow[index] + 0.5) * workers.rowHeight };
    }""", number)
    if not facts["exact"]:
        check(facts["busy"] > 0, "no worker was busy")
        check("% busy" in reader.tip(canvas, 400, 20), "no tip over a worker")
        return
    check(facts["count"] == len(journal.intervals), f"{facts['count']} jobs, not {len(journal.intervals)}")
    tip = reader.tip(canvas, facts["x"], facts["y"])
    check(tip.startswith(f"{facts['name']}, trial {facts['trial']}\n"), f"tip over the longest job: {tip}")
    check(any(journal.name(worker) == facts["name"] and trial == facts["trial"] for worker, trial, *_ in journal.intervals),
          "no such job")
    box = reader.center(canvas)
    mouse = reader.page.mouse
    mouse.move(box["x"] + 300, box["y"] + 5)
    mouse.down()
    mouse.move(box["x"] + 500, box["y"] + 5, steps=3)
    mouse.up()
    span = "number => ashReport.studies[number].workers.to - ashReport.studies[number].workers.from"
    narrow = reader.ask(span, number)
    mouse.dblclick(box["x"] + 400, box["y"] + 5)
    check(narrow < 0.5 * reader.ask(span, number), "dragging does not enlarge")


def read_hosts(part, journal):
    """Where there is more than one host, a table says what each of them did."""
    hosts = list(dict.fromkeys(journal.header.get("hosts", [])))
    rows = part.locator(".hosts [data-host]")
    if len(hosts) < 2:
        check(rows.count() == 0, "a table of hosts")
        return
    part.locator(".hosts summary").click()
    check(rows.first.is_visible(), "the hosts do not unfold")
    count = lambda events, host: str(sum(journal.host(event["worker"]) == host for event in events))
    expected = [[host, count(journal.results, host), count(journal.failures, host)] for host in hosts]
    shown = attributes(rows, "data-host", "data-results", "data-failed")
    check(shown == expected, f"hosts: {shown}, not {expected}")


def read_table(reader, part, number, journal):
    table = part.locator('[data-canvas="table"]')
    metric = reader.ask("number => ashReport.studies[number].study.metric", number)
    rows = reader.ask("number => ashReport.studies[number].study.table", number)
    for row in rows:
        check(row[0] in journal.trials, f"no trial {row[0]}")
    # Sorted by the metric, twice: the other way round.
    for factor in (1, -1):
        table.locator("th button", has_text=metric).click()
        shown = reader.ask("""number => {
          const { table } = ashReport.studies[number];
          return table.rows().map((row) => (row[3] === "nan" ? Infinity : row[3])).filter((value) => value !== null);
        }""", number)
        shown = [math.inf if value in (None, "Infinity") else value for value in shown]
        check(all(factor * a <= factor * b for a, b in zip(shown, shown[1:])), "not sorted")
    filter_box = part.locator('[data-controls="table"] input')
    name = reader.ask("number => ashReport.studies[number].study.parameters[0].name", number)
    values = sorted(row[FIRST] for row in rows if row[FIRST] is not None)
    middle = values[len(values) // 2]
    filter_box.fill(f"{name}<{middle}")
    count = reader.ask("number => ashReport.studies[number].table.rows().length", number)
    check(count == sum(value < middle for value in values), f"{count} rows below {middle}")
    filter_box.fill("")
    first = table.locator("tbody tr").first
    trial = int(first.get_attribute("data-trial"))
    first.locator("td").first.click()
    reader.page.wait_for_timeout(100)
    check(reader.ask("number => ashReport.studies[number].selection.trial", number) == trial, "a click chooses nothing")
    first = table.locator("tbody tr").first
    first.locator("button", has_text="YAML").click()
    copied = first.locator("button").first.get_attribute("data-copied")
    lines = dict(line.split(": ", 1) for line in copied.splitlines())
    check(set(lines) == set(journal.trials[trial]), f"copied: {copied!r}")
    for key, value in journal.trials[trial].items():
        read = lines[key]
        if isinstance(value, str):
            check((json.loads(read) if read.startswith('"') else read) == value, f"{key}: {read} is not {value!r}")
        elif not isinstance(value, bool):
            check(float(read) == value, f"{key}: {read} is not {value}")
    first.locator("button", has_text="Command").click()
    command = first.locator("button").nth(1).get_attribute("data-copied")
    check(command.startswith("ash-mpi run study.yaml --set 'start_with=[{"), command)


def read_saved(reader, part):
    """Each picture can be saved: an SVG file has the marks that are shown, a PNG file is as large as the canvases."""
    saved = 0
    for figure in part.locator("figure").filter(has=reader.page.locator("button.save")).all():
        name = figure.get_attribute("data-figure")
        button = figure.locator("button.save")
        # A page may begin no more than ten downloads a second.
        reader.page.wait_for_timeout(120)
        with reader.page.expect_download() as download:
            button.click()
        check(download.value.suggested_filename.endswith(f"-{name}.{button.text_content().lower()}"),
              download.value.suggested_filename)
        data = pathlib.Path(download.value.path()).read_bytes()
        saved += 1
        if button.text_content() == "PNG":
            check(data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) > 3000, f"{name}: no picture of {len(data)} bytes")
            width, height = (int.from_bytes(data[at:at + 4], "big") for at in (16, 20))
            box = figure.locator("canvas").first.bounding_box()
            check(width >= box["width"] and height >= box["height"], f"{name}: {width} x {height}")
            continue
        tree = xml.etree.ElementTree.fromstring(data)
        marks = lambda element: tuple(sorted((key, value) for key, value in element.items() if key.startswith("data-")))
        shown = figure.locator("svg").evaluate_all("""pictures => pictures.filter((svg) => svg.getClientRects().length && !svg.closest("table"))
          .flatMap((svg) => [svg, ...svg.querySelectorAll("*")])
          .map((mark) => mark.getAttributeNames().filter((key) => key.startsWith("data-")).map((key) => [key, mark.getAttribute(key)]))""")
        expected = sorted(tuple(sorted(map(tuple, mark))) for mark in shown if mark)
        check(sorted(filter(None, map(marks, tree.iter()))) == expected, f"{name}: other marks in the file")
        fills = {element.get("fill") for element in tree.iter()}
        check(len(fills) > 2 and not any("var(" in (fill or "") for fill in fills), f"{name}: colours {fills}")
        title = figure.locator("h3").text_content()
        check(title in [element.text for element in tree.iter()], f"{name}: no title '{title}'")
    check(saved >= 8, f"only {saved} pictures can be saved")


def read_without_script(browser, path):
    """The small pictures are there without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    for name in ["ladder", "losses", "agreement", "importance", "utilisation", "throughput"]:
        check(page.locator(f'[data-figure="{name}"] svg').first.bounding_box()["height"] > 50, f"{name} is not there")
    context.close()


def read_page(browser, argument):
    name, _, folders = argument.partition("=")
    path = pathlib.Path(name) if folders else pathlib.Path(name) / "report.html"
    began = time.monotonic()
    context = browser.new_context(viewport={"width": 1320, "height": 1000})
    reader = Reader(context, path)
    for fold in reader.page.locator("details.fold").all():
        fold.locator("summary").click()
    journals = [Journal(folder) for folder in (folders.split(",") if folders else [name])]
    if folders:
        last = float(reader.page.locator('[data-figure="comparison"] [data-group]').first.get_attribute("data-value"))
        check(near(last, sorted(journal.best() for journal in journals)[len(journals) // 2]), "another median")
    for number, journal in enumerate(journals):
        read_study(reader, number, journal)
    # The other theme, and paper.
    reader.page.emulate_media(color_scheme="dark")
    reader.page.emulate_media(media="print")
    reader.page.wait_for_timeout(100)
    reader.close()
    context.close()
    read_without_script(browser, path) if not folders else None
    print(f"{name}: as its journal says ({time.monotonic() - began:.1f} s, {path.stat().st_size / 1e6:.1f} MB)")


def main(arguments):
    with sync_playwright() as playwright:
        import shutil
        browser = playwright.chromium.launch(executable_path=shutil.which(BROWSER), args=["--no-sandbox"])
        for argument in arguments:
            read_page(browser, argument)
        browser.close()


main(sys.argv[1:])

/** Draws what needs a script, study by study. */
async function start() {
  theme.read();
  tip.adoptTitles();
  const report = { studies: [] };
  for (const article of document.querySelectorAll("article.study")) {
    const study = await StudyData.read(article);
    const place = (name) => article.querySelector(`[data-canvas="${name}"]`);
    const controls = (name) => article.querySelector(`[data-controls="${name}"]`);
    for (const text of article.querySelectorAll("noscript")) text.remove();
    const selection = new Selection(study);
    const pictures = { study, selection };
    if (place("parallel")) {
      pictures.parallel = new ParallelPicture(place("parallel"), controls("parallel"), study, selection);
    }
    if (place("slices") && study.levels.length) {
      pictures.slices = new SlicePictures(place("slices"), controls("slices"), study, selection);
    }
    if (place("workers")) pictures.workers = new WorkerPicture(place("workers"), study);
    if (place("table")) pictures.table = new TrialTable(place("table"), controls("table"), study, selection);
    report.studies.push(pictures);
    // Between studies the page answers.
    await new Promise((resolve) => { setTimeout(resolve); });
  }
  SavedFigure.addButtons(document);
  const openTarget = () => {
    const fold = location.hash && document.getElementById(location.hash.slice(1));
    if (fold instanceof HTMLDetailsElement) fold.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    theme.read();
    for (const { parallel, slices, workers } of report.studies) {
      for (const picture of [parallel, slices, workers]) picture?.draw();
    }
  });
  // For tests, and for whoever wants the numbers.
  globalThis.ashReport = report;
  document.documentElement.dataset.ready = "yes";
}

start();

/** What is said of the mark under the pointer. */
const tip = {
  element: document.getElementById("tip"),

  show(event, text) {
    this.element.textContent = text;
    this.element.hidden = false;
    const box = this.element.getBoundingClientRect();
    const left = event.clientX + 16 + box.width > window.innerWidth ? event.clientX - box.width - 12 : event.clientX + 16;
    const top = event.clientY + 16 + box.height > window.innerHeight ? event.clientY - box.height - 12 : event.clientY + 16;
    this.element.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  },

  hide() {
    this.element.hidden = true;
  },

  /** Marks of pictures that were made without a script have their words in a title, which a browser shows late and small. */
  adoptTitles() {
    const texts = new WeakMap();
    for (const title of document.querySelectorAll("svg title")) {
      texts.set(title.parentElement, title.textContent);
      title.parentElement.setAttribute("aria-label", title.textContent);
      title.remove();
    }
    document.addEventListener("pointerover", (event) => {
      const text = texts.get(event.target);
      if (text !== undefined) this.show(event, text);
      else if (event.target instanceof SVGElement) this.hide();
    });
    document.addEventListener("pointerout", (event) => {
      if (texts.has(event.target)) this.hide();
    });
  },
};

import type { Page } from '@playwright/test';

/** A page's live socket, which can be cut as a network fails: it stays open and nothing comes. */
export class Line {
  private isCut = false;

  /** Must be called before the page is opened. */
  static async of(page: Page): Promise<Line> {
    const line = new Line();
    await page.routeWebSocket(/\/api\/v1\/live$/, (socket) => {
      // What is opened meanwhile finds no console at its end.
      if (line.isCut) return;
      const console = socket.connectToServer();
      console.onMessage((message) => {
        if (!line.isCut) socket.send(message);
      });
    });
    return line;
  }

  cut() {
    this.isCut = true;
  }

  restore() {
    this.isCut = false;
  }
}

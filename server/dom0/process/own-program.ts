import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * A program of ours that a half starts later, read when the half starts. An upgrade may replace or remove the file
 * while the half runs.
 */
export class OwnProgram {
  /** Its path, which may have another program by now. */
  readonly file: string;
  /** As one module that needs no file. */
  readonly text: string;

  /** @param place the file's URL */
  constructor(place: URL) {
    this.file = fileURLToPath(place);
    const name = JSON.stringify(place.href);
    // A module of a `data:` URL has no place of its own. The words are written so that our build leaves them alone.
    const text = readFileSync(place, 'utf8').replace(/import\.meta\.url/g, () => name);
    // Faults name the file, and not the URL, which is as long as the text.
    this.text = `${text}\n//# sourceURL=${place.href}\n`;
  }

  /** The module as a URL, which has all of its text. */
  get url(): URL {
    return new URL(`data:text/javascript;base64,${Buffer.from(this.text).toString('base64')}`);
  }
}

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { OwnProgram } from '../../../server/dom0/process/own-program.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const PROGRAM = `import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
parentPort.postMessage([import.meta.url, createRequire(import.meta.url)('node:os').EOL]);
throw new Error('a fault');
`;

/** All that a worker said until its end. Its messages and its fault come over two ports, in any order. */
function ended(worker: Worker): Promise<{ messages: unknown[]; faults: Error[] }> {
  const messages: unknown[] = [];
  const faults: Error[] = [];
  worker.on('message', (message) => messages.push(message));
  worker.on('error', (fault: Error) => faults.push(fault));
  return new Promise((resolve) => worker.on('exit', () => resolve({ messages, faults })));
}

describe('a program of ours that a half starts later', () => {
  let directory: TemporaryDirectory;

  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  it('runs as it was when the half started, after an upgrade replaced it', async () => {
    const file = directory.write('program.js', PROGRAM);
    const program = new OwnProgram(pathToFileURL(file));
    directory.write('program.js', "throw new Error('the next version');");
    const worker = new Worker(program.url);
    const { messages, faults } = await ended(worker);
    assert.deepEqual(messages, [[pathToFileURL(file).href, '\n']]);
    const [{ message, stack } = new Error('no fault')] = faults;
    assert.equal(message, 'a fault');
    // Without the text of the program in each line of it.
    assert.match(stack ?? '', /program\.js:4/);
    assert.doesNotMatch(stack ?? '', /base64/);
    assert.equal(program.file, file);
  });

  it('runs after its file was removed', async () => {
    const file = directory.write('program.js', PROGRAM);
    const program = new OwnProgram(pathToFileURL(file));
    directory.dispose();
    const worker = new Worker(program.url);
    assert.equal((await ended(worker)).messages.length, 1);
  });
});

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { run } from '../support/house.js';

const CONNECTIONS = fileURLToPath(new URL('../support/faulting-connections-child.js', import.meta.url));
const CHILD = fileURLToPath(new URL('../support/faulting-child.js', import.meta.url));

describe('faults: what a session begins and nobody catches', () => {
  it('ends that session, and neither its neighbour nor the half', async () => {
    const { status, stdout, stderr } = await run(process.execPath, [CHILD], '');
    const lines = stdout.trim().split('\n');
    assert.equal(lines.length, 12, stderr);
    for (const line of lines.slice(0, -1)) assert.match(line, /: [1-9]\d*$/, 'it was logged');
    assert.equal(lines.at(-1), 'nobody’s');
    assert.equal(status, 1, 'a fault that belongs to no session ends the half');
  });
});

describe('faults: what a connection does outside its sessions', () => {
  it('ends that connection, and neither its neighbour nor the half', async () => {
    const { status, stdout, stderr } = await run(process.execPath, [CONNECTIONS], '');
    const lines = stdout.trim().split('\n');
    assert.equal(lines.length, 13, `${stdout}${stderr}`);
    for (const line of lines) assert.match(line, /: [1-9]\d*$/, 'it was logged');
    assert.equal(status, 0, stderr);
  });
});

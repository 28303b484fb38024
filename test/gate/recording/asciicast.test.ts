import assert from 'node:assert/strict';
import { eventLine, headerLine, isCastLine } from '../../../server/gate/recording/asciicast.js';

describe('gate: asciicast', () => {
  it('writes the header and events of version 2', () => {
    const begunAt = new Date('2026-11-21T07:15:02.914Z');
    const header = headerLine({ columns: 80, rows: 24, begunAt, title: 'alice on horatio', term: 'xterm' });
    assert.equal(
      header,
      '{"version":2,"width":80,"height":24,"timestamp":1795245302,"title":"alice on horatio","env":{"TERM":"xterm"}}\n',
    );
    assert.equal(eventLine(1.23456789, 'o', 'Grüße\r\n'), '[1.234568,"o","Grüße\\r\\n"]\n');
    assert.equal(eventLine(0, 'r', '100x40'), '[0,"r","100x40"]\n');
  });

  it('leaves nothing in a line that a terminal would obey, and changes no value', () => {
    const hostile = '\u001b[2J\u0007\u009b31m\u007f\u202e\u2066\u2028x';
    const line = eventLine(0, 'o', hostile);
    assert.match(line, /^[\u0020-\u007e]+\n$/);
    assert.deepEqual(JSON.parse(line), [0, 'o', hostile]);
  });

  it('knows its lines', () => {
    for (const line of ['{"version":2}', '[0,"o",""]']) assert.ok(isCastLine(line));
    for (const line of ['', '[0,"o","', 'null', '7', '\0\0']) assert.ok(!isCastLine(line), line);
  });
});

import assert from 'node:assert/strict';
import { pageText } from '../../../menus/plain-text.js';
import type { MenuDomain } from '../../../menus/menu-domain.js';
import { view } from '../../../menus/view.js';
import type { BootProfileName } from '../../../policy/names.js';
import type { DomainState } from '../../../policy/domain-state.js';
import { domainLines, domainObject, domainTable } from '../../../server/gate/exec/domain-report.js';
import { MenuDriver } from '../../support/menu-driver.js';
import { domain, fingerprint, NOW, operation } from '../../support/menu-samples.js';

/** A customer reads the same words in each of these. */
function faces(shown: MenuDomain): Readonly<Record<string, string>> {
  const { state } = new MenuDriver({ domains: [shown, domain('yorick')], now: NOW, columns: 80, rows: 24 });
  const frame = view(state).lines.map((line) => line.map(({ text }) => text).join(''));
  return {
    'the menu': frame.find((line) => line.includes(shown.name)) ?? '',
    'the plain menu': pageText(state).find((line) => line.includes(shown.name)) ?? '',
    'exec list': domainTable([shown], NOW)[1] ?? '',
    'exec status': domainLines(shown, NOW)[0] ?? '',
  };
}

describe('what a domain does, in words', () => {
  const WORDS: Readonly<Record<DomainState, string>> = {
    running: 'running',
    paused: 'paused',
    'shutting-down': 'shutting down',
    rebooting: 'rebooting',
    crashed: 'crashed',
    off: 'off',
    unknown: 'not known',
  };
  for (const [state, word] of Object.entries(WORDS) as [DomainState, string][]) {
    it(`${state} is "${word}" in the menus and by exec`, () => {
      for (const [face, text] of Object.entries(faces(domain('horatio', { state }))))
        assert.match(text, new RegExp(`horatio\\b.*\\b${word}\\b`), face);
    });
  }

  it('the time since then is the same in the menu and by exec', () => {
    for (const [seconds, word] of [
      [59, '59 s'],
      [90, '1 min'],
      [3 * 3600 + 12 * 60, '3 h 12 min'],
      [2 * 86_400 + 3 * 3600, '2 d 3 h'],
    ] as const) {
      const { 'the menu': menu, 'exec list': list } = faces(
        domain('horatio', { since: NOW - seconds * 1000 }),
      );
      for (const text of [menu, list]) assert.match(text ?? '', new RegExp(` ${word} `));
    }
  });

  it('the host key of a rescue system is what the system says, in the menu, the plain menu and by exec', () => {
    const rescueHostKey = fingerprint('k');
    const shown = domain('horatio', { profile: 'rescue' as BootProfileName, rescueHostKey });
    assert.ok(
      domainLines(shown, NOW).includes(
        `Its rescue system says: SSH host key ${rescueHostKey}. Compare it at your first login.`,
      ),
    );
    assert.equal((domainObject(shown) as { rescueHostKey: string }).rescueHostKey, rescueHostKey);
    assert.equal((domainObject(domain('horatio')) as { rescueHostKey: null }).rescueHostKey, null);
    const { state } = new MenuDriver({ domains: [shown], now: NOW, columns: 80, rows: 24 }).press('1');
    assert.ok(pageText(state).some((line) => line.includes(`says: SSH host key ${rescueHostKey}`)));
    const frame = view(state).lines.map((line) => line.map(({ text }) => text).join(''));
    assert.ok(
      frame.some((line) => line.includes(`It says: SSH host key ${rescueHostKey} `)),
      frame.join('\n'),
    );
  });

  it('a step is no code word by exec either', () => {
    const [, under] = domainLines(domain('horatio', { operation: operation('shutdown') }), NOW);
    assert.equal(under, 'Under way: shutting down (shutting down), by alice, 12 s ago.');
  });

  it('the end of a rescue names nobody: who asked for the rescue may have no role any more', () => {
    const ends = domain('horatio', { operation: { ...operation('normal'), endsRescue: true } });
    const asked = domain('horatio', { operation: operation('normal') });
    const by = (shown: MenuDomain): unknown =>
      (domainObject(shown) as { operation: { by: unknown } }).operation.by;
    assert.deepEqual([by(ends), by(asked)], [null, 'alice']);
    assert.match(domainLines(ends, NOW)[1] ?? '', /because its rescue is over, 12 s ago\.$/);
    for (const [face, text] of Object.entries(faces(ends))) assert.doesNotMatch(text, /alice/, face);
  });
});

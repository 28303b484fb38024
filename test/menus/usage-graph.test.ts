import assert from 'node:assert/strict';
import { graphColumns, sparkline } from '../../menus/sparkline.js';
import { GRAPH_MINUTES, usageGraph } from '../../menus/usage-graph.js';
import type { UsageMinute } from '../../menus/usage-graph.js';
import { bytesWord, graphText, requestsWord } from '../../menus/usage-words.js';
import { pageText, newsText } from '../../menus/plain-text.js';
import { MenuDriver } from '../support/menu-driver.js';
import { NOW, domainName } from '../support/menu-samples.js';

const HORATIO = domainName('horatio');
const OPHELIA = domainName('ophelia');
const MINUTE = 60_000;

function minute(cpuPercent: number | null): UsageMinute {
  return { cpuPercent, received: 1, sent: 2, diskRequests: null };
}

function day(cpu: (at: number) => number | null | undefined): (UsageMinute | null)[] {
  return Array.from({ length: GRAPH_MINUTES }, (_, at) => {
    const value = cpu(at);
    return value === undefined ? null : minute(value);
  });
}

function graphOf(cpu: (at: number) => number | null | undefined) {
  return usageGraph(day(cpu), NOW) ?? assert.fail('no graph');
}

describe('the graph of a server', () => {
  it('has a level for each quarter of an hour, and a blank where nothing is known', () => {
    const { cpu, disk } = graphOf((at) => (at < 15 ? 0 : at < 30 ? 100 : at < 45 ? undefined : 50));
    assert.equal(cpu.levels, `07 ${'3'.repeat(93)}`);
    assert.equal(cpu.most, 100);
    assert.equal(cpu.now, 50);
    assert.deepEqual(disk, { levels: ' '.repeat(96), now: null, most: null });
  });

  it('does not take a gap in a quarter for zero', () => {
    assert.equal(graphOf((at) => (at % 15 === 0 ? 100 : undefined)).cpu.levels, '7'.repeat(96));
  });

  it('shows little as little, and much in proportion to the most', () => {
    assert.equal(graphOf(() => 3).cpu.levels, '0'.repeat(96));
    assert.equal(graphOf((at) => (at < 15 ? 800 : 100)).cpu.levels, `7${'0'.repeat(95)}`);
  });

  it('knows the use of now for three minutes', () => {
    const until = (end: number) => graphOf((at) => (at < end ? 7 : undefined)).cpu.now;
    assert.equal(until(GRAPH_MINUTES - 2), 7);
    assert.equal(until(GRAPH_MINUTES - 3), null);
  });

  it('is none when nothing is known', () => {
    assert.equal(
      usageGraph(
        day(() => undefined),
        NOW,
      ),
      null,
    );
    assert.equal(usageGraph([], NOW), null);
  });

  it('is drawn in blocks or in ASCII, in as many columns as have room', () => {
    const { cpu } = graphOf((at) => (at < 720 ? 0 : at < 780 ? undefined : 100));
    assert.equal(sparkline(cpu, 24, 'utf-8'), `${'▁'.repeat(12)} ${'█'.repeat(11)}`);
    assert.equal(sparkline(cpu, 25, 'ascii'), `${'_'.repeat(12)} ${'#'.repeat(11)}`);
    assert.deepEqual(
      [0, 8, 11, 12, 47, 48, 95, 96, 300].map(graphColumns),
      [8, 8, 8, 12, 32, 48, 48, 96, 96],
    );
    for (const width of [8, 12, 24, 32, 48, 96]) assert.equal(sparkline(cpu, width, 'ascii').length, width);
  });

  it('has words for each size', () => {
    assert.deepEqual([0, 0.4, 9.94, 9.96, 999.4, 999.6, 1_234_567, 5e9, 7e15, null].map(bytesWord), [
      '0 B/s',
      '0.4 B/s',
      '9.9 B/s',
      '10 B/s',
      '999 B/s',
      '1.0 kB/s',
      '1.2 MB/s',
      '5.0 GB/s',
      '7000 TB/s',
      '-',
    ]);
    assert.deepEqual([0, 4.2, 1500, null].map(requestsWord), ['0/s', '4.2/s', '1500/s', '-']);
    const lines = graphText(
      graphOf(() => 12),
      80,
      'ascii',
    );
    assert.deepEqual(lines, [
      'The 24 hours until 2025-11-21 07:15 UTC. A blank: nothing is known.',
      `CPU     ${'_'.repeat(32)}  now 12 %, most 12 %`,
      `Network ${'_'.repeat(32)}  now 3.0 B/s, most 3.0 B/s`,
      `Disk    ${' '.repeat(32)}  not known`,
    ]);
  });
});

describe('the graph in the menu', () => {
  const asked = (driver: MenuDriver): readonly string[] =>
    driver.taken().flatMap((effect) => (effect.effect === 'usage' ? [effect.domain] : []));
  const graph = graphOf(() => 12);

  it('is asked for when the page is opened, and once a minute while it is shown', () => {
    const driver = new MenuDriver({ hasGraphs: true });
    driver.tell({ fact: 'tick', now: NOW });
    assert.deepEqual(asked(driver), [], 'the list has none');
    driver.press('1');
    assert.deepEqual(asked(driver), [HORATIO]);
    driver.tell({ fact: 'tick', now: NOW + MINUTE - 1 });
    assert.deepEqual(asked(driver), []);
    driver.tell({ fact: 'tick', now: NOW + MINUTE });
    assert.deepEqual(asked(driver), [HORATIO]);
    driver.tell({ fact: 'tick', now: NOW - 60 * MINUTE });
    assert.deepEqual(asked(driver), [HORATIO], 'the clock was set back');
    driver.press('escape').tell({ fact: 'tick', now: NOW + 9 * MINUTE });
    assert.deepEqual(asked(driver), []);
    driver.press('2');
    assert.deepEqual(asked(driver), [OPHELIA]);
  });

  it('is not asked for where the gate has none, and not while a console has the terminal', () => {
    const without = new MenuDriver().press('1').tell({ fact: 'tick', now: NOW + 9 * MINUTE });
    assert.deepEqual(asked(without), []);
    const lent = new MenuDriver({ hasGraphs: true }).press('1').send({ input: 'lent', lent: true });
    asked(lent);
    lent.tell({ fact: 'tick', now: NOW + 9 * MINUTE });
    assert.deepEqual(asked(lent), []);
    lent.send({ input: 'lent', lent: false });
    assert.deepEqual(asked(lent), [HORATIO]);
  });

  it('is never shown on the page of another server', () => {
    const driver = new MenuDriver({ hasGraphs: true }).press('1');
    const shown = () => driver.state.usage?.graph;
    driver.tell({ fact: 'usage', domain: OPHELIA, graph });
    assert.equal(shown(), null);
    driver.tell({ fact: 'usage', domain: HORATIO, graph });
    assert.equal(shown(), graph);
    driver.press('escape', '2');
    assert.equal(shown(), null);
    assert.doesNotMatch(pageText(driver.state).join('\n'), /24 hours/);
  });

  it('stands in the plain menu, and is told once when it has come', () => {
    const driver = new MenuDriver({ hasGraphs: true }).press('1');
    const before = driver.state;
    driver.tell({ fact: 'usage', domain: HORATIO, graph });
    assert.deepEqual(newsText(before, driver.state), graphText(graph, 80, 'utf-8'));
    assert.match(pageText(driver.state).join('\n'), /\nCPU {5}▁+ {2}now 12 %, most 12 %\nNetwork /);
    const shown = driver.state;
    driver.tell({ fact: 'usage', domain: HORATIO, graph: graphOf(() => 13) });
    assert.deepEqual(newsText(shown, driver.state), []);
  });
});

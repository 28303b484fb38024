/**
 * One half of Postern that collects garbage on request: `node collecting-half.js gate|dom0 --settings FILE`.
 */
import { offerCollection } from './collector.js';

offerCollection(process.argv[process.argv.indexOf('--settings') + 1] ?? '');
await import('../../server/postern.js');

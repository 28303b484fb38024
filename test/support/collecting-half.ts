/** One half of Postern that collects its garbage when asked: `node collecting-half.js gate|dom0 --settings FILE`. */
import { offerCollection } from './collector.js';

offerCollection(process.argv[process.argv.indexOf('--settings') + 1] ?? '');
await import('../../server/postern.js');

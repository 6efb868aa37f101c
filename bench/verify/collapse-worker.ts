/** A process that trains its share of the networks. */
import { trainMany, type CollapseOrder } from './collapse.ts';

process.once('message', (order: CollapseOrder) => {
  trainMany(order).then(
    (counts) => process.send!(counts, () => process.disconnect()),
    (error: unknown) => {
      throw error;
    },
  );
});

/** The engines that can train on this machine. */
import { EngineListingSchema, listOf } from '../schemas/index.ts';
import type { EngineListing } from '../vocabulary/index.ts';
import { answers, page, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

export const engines: Routes = async (app, { questions }) => {
  /**
   * Kept, because the check needs a thread that loads every engine, and its result does not change while the process
   * runs.
   */
  let listed: Promise<EngineListing[]> | null = null;

  app.get(
    '/v1/engines',
    {
      schema: {
        tags: ['engines'] satisfies Tag[],
        summary: 'List engines',
        description: 'All engines of this version, with the reason if one is not available here.',
        response: answers(200, listOf(EngineListingSchema)),
      },
    },
    async () => {
      listed ??= questions.ask('listEngines', null);
      try {
        return page(await listed);
      } catch (error) {
        listed = null;
        throw error;
      }
    },
  );
};

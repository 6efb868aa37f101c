/** What can train on this machine. */
import { EngineListingSchema, listOf, type EngineListing } from '../schemas/index.ts';
import { answers, page, type Routes } from './route.ts';

export const engines: Routes = async (app, { questions }) => {
  /** To look costs a thread that loads every engine, and what it finds stays the same while the process lives. */
  let listed: Promise<EngineListing[]> | null = null;

  app.get(
    '/v1/engines',
    {
      schema: {
        tags: ['engines'],
        summary: 'What can train here, and why something cannot',
        response: answers(200, listOf(EngineListingSchema), 503),
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

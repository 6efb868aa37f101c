/** A service with people in it, and a real browser in which each of them is signed in. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { RelumineClient } from '../../src/client/index.ts';
import type { Person, Project } from '../../src/vocabulary/index.ts';
import { launchBrowser } from './browser.ts';
import { openPage } from './pages.ts';
import { clientOf, keyOf, register, signIn } from './people.ts';
import { startService, type ServiceOptions, type TestService } from './service.ts';

export interface TeamSite {
  service: TestService;
  url: string;
  browser: Browser;
  /** `ada` is the owner, `grace` a member of vision, `vera` a viewer of it; `nora` and `olga` are in no project. */
  people: Record<'ada' | 'grace' | 'vera' | 'nora' | 'olga', Person>;
  vision: Project;
  /** The owner, as a program. */
  owner: RelumineClient;
  clientAs: (name: string) => Promise<RelumineClient>;
  complaints: string[];
  /** A new window; `as` null: of somebody who has not signed in. */
  open: (path: string, as: string | null, options?: BrowserContextOptions) => Promise<Page>;
  close: () => Promise<void>;
}

export async function openTeam(options: ServiceOptions = {}): Promise<TeamSite> {
  const [service, browser] = await Promise.all([startService(options), launchBrowser()]);
  const complaints: string[] = [];
  const ada = await register(service, 'ada', { isOwner: true });
  const people = {
    ada,
    grace: await register(service, 'grace'),
    vera: await register(service, 'vera'),
    nora: await register(service, 'nora'),
    olga: await register(service, 'olga'),
  };
  const owner = clientOf(service, await keyOf(service, ada));
  const vision = await owner.projects.create({ name: 'vision' });
  await owner.projects.setMember(vision.id, { person: 'grace', role: 'member' });
  await owner.projects.setMember(vision.id, { person: 'vera', role: 'viewer' });
  return {
    service,
    url: service.url,
    browser,
    people,
    vision,
    owner,
    clientAs: async (name) => clientOf(service, await keyOf(service, people[name as keyof typeof people])),
    complaints,
    async open(path, as, settings = {}) {
      const cookie = as === null ? undefined : await signIn(service, as);
      return openPage(browser, service.url + path, complaints, { ...settings, cookie });
    },
    async close() {
      await browser.close();
      await service.remove();
    },
  };
}

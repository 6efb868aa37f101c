import type { Project } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { ShareLinkTable } from '../../parts/share-link-table.tsx';
import { Fault } from '../../parts/states.tsx';
import { useLoaded } from '../../parts/use-loaded.ts';

/** Every link that shows something of the project to people outside it. */
export function LinksPanel({ project }: { project: Project }) {
  const { value, fault, reload } = useLoaded(() => service.shareLinks.list({ project: project.id }), [project.id]);
  return (
    <section class="panel" aria-labelledby="links-title">
      <div class="panel-head">
        <h2 id="links-title">Shared by link</h2>
        <span class="quiet">Whoever has such a link reads what it shows. Links are made on the page of a run.</span>
      </div>
      <div class="panel-body">
        {fault.value !== null && <Fault of={fault.value} />}
        {value.value && <ShareLinkTable links={value.value} reload={reload} hasRuns />}
      </div>
    </section>
  );
}

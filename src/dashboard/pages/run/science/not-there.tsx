import { RelumineApiError } from '../../../data/service.ts';

/** Why there is nothing to see, in the words of the service; while it is away the page says so elsewhere. */
export const NotThere = ({ fault }: { fault: unknown }) => (
  <p class="quiet">
    {fault instanceof RelumineApiError && fault.code !== 'UNREACHABLE'
      ? fault.message
      : 'The service does not respond.'}
  </p>
);

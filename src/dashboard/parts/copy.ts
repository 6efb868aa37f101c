import { toast } from './toast.tsx';

/** Copies, and says so; a page that is not served over https or from this machine may not. */
export async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast('The browser did not let the page copy');
  }
}

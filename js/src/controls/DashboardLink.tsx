/** What a link may lead to. */
const ADDRESS = /^https?:\/\//;

/** A link to the page on which the workers' cluster shows its work; nothing where there is none. */
export function DashboardLink({ address }: { address: string | null }) {
  if (address === null || !ADDRESS.test(address)) return null;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer">
      Dashboard
    </a>
  );
}

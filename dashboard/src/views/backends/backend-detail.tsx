export default function BackendDetail({ id }: { readonly id: string }) {
  return <p>{id}</p>;
}

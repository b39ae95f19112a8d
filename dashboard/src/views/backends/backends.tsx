export default function Backends() {
  return null;
}

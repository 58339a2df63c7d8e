// The neutral page. It only writes today's date; it keeps nothing and calls nothing.
const today = document.getElementById('today');
if (today) {
  today.textContent = new Intl.DateTimeFormat('sw-KE', { weekday: 'long', day: 'numeric', month: 'long' }).format(new Date());
}
export {};

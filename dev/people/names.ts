/** Common Norwegian and Swedish names; nobody in particular. */
export const FIRST_NAMES = {
  no: 'Anne Astrid Berit Bjørg Eline Frida Grete Hege Ida Ingrid Jorunn Kari Kristin Liv Maren Marit Nora Ragnhild Randi Silje Sissel Solveig Tone Unni Vilde Anders Arne Asbjørn Bjørn Eirik Espen Geir Håkon Jan Johannes Kjell Lars Magnus Morten Odd Ola Øyvind Per Rolf Sindre Steinar Stian Svein Terje Tor Trond'.split(
    ' ',
  ),
  se: 'Agneta Annika Birgitta Britt Cecilia Elin Emma Eva Gunilla Hanna Ingela Karin Kerstin Lena Linnéa Malin Maria Märta Pernilla Sara Siv Sofia Ulla Viktoria Åsa Anders Axel Bengt Björn Carl Emil Erik Fredrik Göran Gustav Håkan Johan Jonas Karl Lennart Mattias Mikael Nils Olof Oskar Patrik Per Rickard Sven Tomas Ulf'.split(
    ' ',
  ),
} as const;

export const LAST_NAMES = {
  no: 'Aas Andersen Bakke Berg Berntsen Bråten Dahl Eide Engen Fjeld Foss Hagen Halvorsen Hansen Haugen Hauge Holm Iversen Jakobsen Johansen Kristiansen Lie Lund Lunde Moe Myhre Nordmann Næss Olsen Pedersen Rønning Sandvik Solbakken Solberg Strand Sæther Sørlie Tangen Thorsen Vik Ødegård Østby'.split(
    ' ',
  ),
  se: 'Andersson Berglund Bergström Björk Blomqvist Dahlgren Ekström Engström Eriksson Forsberg Fransson Gustafsson Hedlund Hellström Holmberg Håkansson Jansson Johansson Karlsson Larsson Lindberg Lindgren Lindqvist Löfgren Lundin Magnusson Mattsson Nilsson Norberg Nyström Olsson Persson Pettersson Sandberg Sjöberg Ström Svensson Söderberg Wallin Westman Åkesson Öberg'.split(
    ' ',
  ),
} as const;

/** Letters that mail systems of the region replace in addresses. */
export function asciiOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[æä]/g, 'a')
    .replaceAll(/[øö]/g, 'o')
    .replaceAll('å', 'a')
    .normalize('NFD')
    .replaceAll(/[^a-z0-9.]/g, '');
}

/** What photos can be made into, in the words of the page. The panel's description says which there are. */

export const HEADSHOT_PRESETS = [
  { value: "square", title: "Avatar" },
  { value: "linkedin", title: "LinkedIn" },
  { value: "zoom", title: "Zoom" },
  { value: "resume", title: "CV" },
  { value: "business-card", title: "Card" },
];
export const SHOPS = {
  amazon: "Amazon, main picture",
  google: "Google Shopping",
  ebay: "eBay",
  square: "A shop of your own (square)",
};
export const DOCUMENTS = {
  us: "United States: passport, visa",
  uk: "United Kingdom: passport",
  schengen: "Schengen visa",
  germany: "Germany: passport, identity card",
  canada: "Canada: passport",
  india: "India: passport, printed",
  "india-digital": "India: passport, file for an application abroad",
  australia: "Australia: passport",
  icao: "Any other country (ICAO)",
};

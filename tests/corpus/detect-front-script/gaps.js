="2.1.4",abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij;r.fn=r.prototype={jquery:n
/*!
 * Bootstrap v3.3.7
// Version: v2.18.2
 Ember Debug
version="9.3.0",document.getElementById("__NEXT_DATA__").textContent
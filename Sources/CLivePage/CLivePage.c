#include "CLivePage.h"

// A text as bytes, and the zero behind it.

static const unsigned char document[] = {
#embed "page.html"
    , 0};

static const unsigned char style[] = {
#embed "style.css"
    , 0};

// One script in one scope: what is used stands in front.
static const unsigned char script[] = {
#embed "drawing.js"
    ,
#embed "card.js"
    ,
#embed "page.js"
    , 0};

const unsigned char *landmarkd_page_document(void) { return document; }

const unsigned char *landmarkd_page_style(void) { return style; }

const unsigned char *landmarkd_page_script(void) { return script; }

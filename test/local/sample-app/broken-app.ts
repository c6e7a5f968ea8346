/** An app for the tests of the functions host that rejects its settings, as an app should when one is missing. */

throw new Error("setting STORE_URL is missing");

#include "CFinderWeights.h"

static const unsigned char finder[] = {
#embed "finder.weights"
};

static const unsigned char refiner[] = {
#embed "refiner.weights"
};

static const unsigned char landmarks[] = {
#embed "landmarks.weights"
};

static const unsigned char close_landmarks[] = {
#embed "close-landmarks.weights"
};

static const unsigned char identity[] = {
#embed "identity.weights"
};

const void *clnf_finder_weights(void) { return finder; }

size_t clnf_finder_weights_size(void) { return sizeof finder; }

const void *clnf_refiner_weights(void) { return refiner; }

size_t clnf_refiner_weights_size(void) { return sizeof refiner; }

const void *clnf_landmark_weights(void) { return landmarks; }

size_t clnf_landmark_weights_size(void) { return sizeof landmarks; }

const void *clnf_close_landmark_weights(void) { return close_landmarks; }

size_t clnf_close_landmark_weights_size(void) { return sizeof close_landmarks; }

const void *clnf_identity_weights(void) { return identity; }

size_t clnf_identity_weights_size(void) { return sizeof identity; }
